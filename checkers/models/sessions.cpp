// The session guarantees of Terry and others, by the versions in replies: per process and key, and
// across keys, where what one process did in order shows to another one out of order.
#include <string>
#include <vector>

#include "checkers/models/judgement.h"
#include "checkers/models/version_order.h"

namespace holdfast::checkers {
namespace {

constexpr std::uint32_t kNone = VersionOrder::kNone;

// A successful operation. Those of a process stand together, in its order: no look at the trace,
// which is large, is needed to judge them.
struct Step {
  enum class Kind : std::uint8_t { read, write, unversioned };

  std::uint32_t key;
  std::uint32_t version;  // its number and 1; 0: it read nothing, which is older than everything
  std::uint32_t op;
  Kind kind;

  bool is_read() const { return kind == Kind::read; }
};

Grouped<Step> steps_of(const Trace& trace, const VersionOrder& versions, unsigned threads) {
  return {trace.processes.size(), static_cast<std::uint32_t>(trace.ops.size()), threads,
          [&](std::uint32_t i) {
            return trace.ops[i].outcome == Outcome::ok ? trace.ops[i].process : kLeftOut;
          },
          [&](std::uint32_t i) {
            const Op& op = trace.ops[i];
            Step step{op.key, versions.of(i) + 1, i, Step::Kind::unversioned};
            if (versions.is_placed(i)) {
              step.kind = op.action == Action::read ? Step::Kind::read : Step::Kind::write;
            }
            return step;
          }};
}

class Sessions {
 public:
  Sessions(const Trace& trace, unsigned threads)
      : trace_(trace),
        versions_(trace, threads),
        steps_(steps_of(trace, versions_, threads)),
        sessions_(trace.keys.size()) {
    if (trace.keys.size() < 2 || trace.processes.size() < 2) return;
    known_.assign(trace.keys.size(), 0);
    absorbed_.resize(trace.processes.size());
    note_writers();
  }

  Judgement judge() {
    for (std::uint32_t process = 0; process < steps_.groups(); ++process) walk(process);
    result_.checker = "sessions";
    result_.count("judged", judged_);
    result_.count("read_your_writes", own_);
    result_.count("monotonic_reads", reads_);
    result_.count("monotonic_writes", writes_);
    result_.count("writes_follow_reads", follows_);
    result_.count("across_keys", across_);
    if (unversioned_ > 0) {
      result_.notes.push_back(std::to_string(unversioned_) + " replies had no version");
    }
    if (judged_ == 0) result_.unknown("there is nothing to judge");
    return std::move(result_);
  }

 private:
  void walk(std::uint32_t process) {
    for (std::uint32_t at = steps_.first(process); at < steps_.first(process + 1); ++at) {
      const Step& step = steps_.all()[at];
      if (step.kind == Step::Kind::unversioned) {
        ++unversioned_;
        continue;
      }
      ++judged_;
      look_at(step, process);
      if (known_.empty()) continue;
      compare(at, process);
      const Wrote* wrote = seen_by(step, process);
      if (wrote == nullptr) continue;
      Absorbed& absorbed = absorbed_[wrote->process];
      if (absorbed.by != process) absorbed = {process, steps_.first(wrote->process)};
      for (; absorbed.until < wrote->place; ++absorbed.until) {
        absorb(steps_.all()[absorbed.until], process);
      }
    }
  }

  // ---- Per process and key ----

  // What a process has seen of a key, and written to it: the newest versions.
  struct Session {
    std::uint32_t process = kNone;  // that the rest speaks of
    std::uint32_t read = 0;
    std::uint32_t read_op = 0;
    std::uint32_t write = 0;
    std::uint32_t write_op = 0;
  };

  void look_at(const Step& step, std::uint32_t process) {
    Session& session = sessions_[step.key];
    if (session.process != process) session = {process, 0, 0, 0, 0};
    if (step.is_read()) {
      if (step.version < session.write) {
        report(own_, "read-your-writes", step.op, session.write_op, "misses its process' own");
      }
      if (step.version < session.read) {
        report(reads_, "monotonic-reads", step.op, session.read_op, "is older than its process'");
      } else {
        session.read = step.version;
        session.read_op = step.op;
      }
      return;
    }
    if (step.version <= session.write) {
      report(writes_, "monotonic-writes", step.op, session.write_op,
             "is ordered before its process'");
    }
    if (step.version <= session.read) {
      report(follows_, "writes-follow-reads", step.op, session.read_op,
             "is ordered before what it read:");
    }
    if (step.version > session.write) {
      session.write = step.version;
      session.write_op = step.op;
    }
  }

  void report(std::uint64_t& count, const char* kind, std::uint32_t at, std::uint32_t other,
              const char* how) {
    ++count;
    result_.verdict = Verdict::invalid;
    if (count > kReported) return;
    result_.find(
        kind,
        describe(trace_, trace_.ops[at]) + " " + how + " " + describe(trace_, trace_.ops[other]),
        {other, at});
  }

  // ---- Across keys ----
  //
  // Who saw a write knows, of its process, all that came before it there: what that process had
  // written (monotonic writes) and what it had read (writes follow reads). Nothing that it sees or
  // writes later may be older. One step only: what follows from several is causal consistency.

  // Where a version was written.
  struct Wrote {
    std::uint32_t process = kNone;
    std::uint32_t place = 0;  // in steps_
  };
  // How far the process in hand knows another one.
  struct Absorbed {
    std::uint32_t by = kNone;  // the process in hand, else this speaks of another one
    std::uint32_t until = 0;   // place in steps_
  };

  void note_writers() {
    wrote_.resize(versions_.size());
    for (std::uint32_t process = 0; process < steps_.groups(); ++process) {
      for (std::uint32_t at = steps_.first(process); at < steps_.first(process + 1); ++at) {
        const Step& step = steps_.all()[at];
        if (step.kind != Step::Kind::write) continue;
        Wrote& wrote = wrote_[step.version - 1];
        if (wrote.process == kNone) wrote = {process, at};
      }
    }
  }

  // The write of another process that a read saw, or null.
  const Wrote* seen_by(const Step& step, std::uint32_t process) const {
    if (!step.is_read() || step.version == 0) return nullptr;
    const Wrote& wrote = wrote_[step.version - 1];
    return wrote.process == kNone || wrote.process == process ? nullptr : &wrote;
  }

  // known_ holds, by key, the least version that it may show to a process, below that process: a
  // larger number is of a later process, or of the same one and a newer version.
  static std::uint64_t known_to(std::uint32_t process, std::uint32_t version) {
    return (std::uint64_t{process} + 1) << 32 | version;
  }
  void absorb(const Step& step, std::uint32_t process) {
    std::uint64_t& known = known_[step.key];
    known = std::max(known, known_to(process, step.version));
  }

  void compare(std::uint32_t at, std::uint32_t process) {
    const Step& step = steps_.all()[at];
    const std::uint64_t known = known_[step.key];
    const std::uint64_t shown = known_to(process, step.version);
    if (known >> 32 != shown >> 32) return;  // nothing is known of the key
    if (step.is_read() ? shown >= known : shown > known) return;
    ++across_;
    result_.verdict = Verdict::invalid;
    if (across_ <= kReported) explain(at, process);
  }

  // Walks the process again, to find the step that made the key known.
  void explain(std::uint32_t at, std::uint32_t process) {
    const Step& step = steps_.all()[at];
    const Step* before = nullptr;      // the step of the other process
    const Step* later = nullptr;       // its write that was seen
    const Step* seen = nullptr;        // the read that saw it
    std::vector<std::uint32_t> until;  // by process
    for (std::uint32_t p = 0; p < steps_.groups(); ++p) until.push_back(steps_.first(p));
    for (std::uint32_t i = steps_.first(process); i < at; ++i) {
      const Wrote* wrote = seen_by(steps_.all()[i], process);
      if (wrote == nullptr) continue;
      for (; until[wrote->process] < wrote->place; ++until[wrote->process]) {
        const Step& other = steps_.all()[until[wrote->process]];
        if (other.key != step.key || (before != nullptr && other.version <= before->version)) {
          continue;
        }
        before = &other;
        later = &steps_.all()[wrote->place];
        seen = &steps_.all()[i];
      }
    }
    const std::string other = describe(trace_, trace_.ops[before->op]);
    result_.find(
        before->is_read() ? "writes-follow-reads-across-keys" : "monotonic-writes-across-keys",
        describe(trace_, trace_.ops[step.op]) +
            (step.is_read() ? " is older than " : " is ordered before ") + other +
            ", which comes before " + describe(trace_, trace_.ops[later->op]) +
            ", which the process had seen",
        {before->op, later->op, seen->op, step.op});
  }

  static constexpr std::uint64_t kReported = 3;  // of each kind

  const Trace& trace_;
  const VersionOrder versions_;
  const Grouped<Step> steps_;      // by process
  std::vector<Session> sessions_;  // by key, of the process in hand
  std::vector<Wrote> wrote_;       // by version
  std::vector<std::uint64_t> known_;
  std::vector<Absorbed> absorbed_;  // by process
  Judgement result_;
  std::uint64_t judged_ = 0;
  std::uint64_t unversioned_ = 0;
  std::uint64_t own_ = 0;
  std::uint64_t reads_ = 0;
  std::uint64_t writes_ = 0;
  std::uint64_t follows_ = 0;
  std::uint64_t across_ = 0;
};

}  // namespace

Judgement judge_sessions(const Trace& trace, const LinearOptions& options) {
  if (!trace.versions.empty()) return Sessions(trace, options.threads).judge();
  Judgement result;
  result.checker = "sessions";
  result.unknown("the history has no versions");
  return result;
}

}  // namespace holdfast::checkers
