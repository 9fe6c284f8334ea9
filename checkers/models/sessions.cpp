// The session guarantees of Terry and others, by the versions in replies: per process and key, and
// across keys, where what one process did in order shows to another one out of order.
#include <bit>
#include <string>
#include <vector>

#include "checkers/models/judgement.h"
#include "node/base/random.h"

namespace holdfast::checkers {
namespace {

constexpr std::uint32_t kNone = 0xffffffff;

struct Session {
  std::uint32_t key = kNone;  // of which the rest speaks
  std::uint32_t read_op = 0;
  std::uint32_t write_op = 0;
  Version read;  // the highest
  Version write;
};

// The writes of one key by their versions.
class Writers {
 public:
  explicit Writers(const Trace& trace) : trace_(trace) {}

  void prepare(std::span<const std::uint32_t> ops) {
    places_.assign(std::bit_ceil(ops.size() * 2 + 2), kNone);
    for (const std::uint32_t op : ops) {
      if (trace_.ops[op].action == Action::read || !trace_.versions[op].is_set()) continue;
      std::uint32_t& place = find(trace_.versions[op]);
      if (place == kNone) place = op;
    }
  }
  // Who wrote the version, or kNone.
  std::uint32_t& find(const Version& version) {
    const std::size_t mask = places_.size() - 1;
    std::size_t at = mix64(static_cast<std::uint64_t>(version.clock_us) * 31 + version.counter +
                           (std::uint64_t{version.node} << 40)) &
                     mask;
    while (places_[at] != kNone && trace_.versions[places_[at]] != version) at = (at + 1) & mask;
    return places_[at];
  }

 private:
  const Trace& trace_;
  std::vector<std::uint32_t> places_;
};

class Sessions {
 public:
  explicit Sessions(const Trace& trace) : trace_(trace), sessions_(trace.processes.size()) {}

  Judgement judge() {
    result_.checker = "sessions";
    if (trace_.versions.empty()) {
      result_.unknown("the history has no versions");
      return std::move(result_);
    }
    const OpsByKey by_key(trace_);
    const bool across = by_key.keys() > 1 && trace_.processes.size() > 1;
    if (across) writer_.assign(trace_.ops.size(), kNone);
    Writers writers(trace_);
    for (std::uint32_t key = 0; key < by_key.keys(); ++key) {
      if (across) writers.prepare(by_key.ops_of(key));
      for (const std::uint32_t op : by_key.ops_of(key)) {
        look_at(op);
        if (across) note_writer(op, writers);
      }
    }
    if (across) judge_across_keys();
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
  // ---- Per process and key ----

  void look_at(std::uint32_t at) {
    const Op& op = trace_.ops[at];
    if (op.outcome != Outcome::ok) return;
    const bool is_read = op.action == Action::read;
    const Version& version = trace_.versions[at];
    // A read of nothing without a version is older than everything.
    if (!version.is_set() && (!is_read || !op.output.is_nil())) {
      ++unversioned_;
      return;
    }
    ++judged_;
    Session& session = sessions_[op.process];
    if (session.key != op.key) session = {op.key, 0, 0, {}, {}};
    if (is_read) {
      if (version < session.write) {
        report(own_, "read-your-writes", at, session.write_op, "misses its process' own");
      }
      if (version < session.read) {
        report(reads_, "monotonic-reads", at, session.read_op, "is older than its process'");
      } else {
        session.read = version;
        session.read_op = at;
      }
      return;
    }
    if (session.write.is_set() && version <= session.write) {
      report(writes_, "monotonic-writes", at, session.write_op, "is ordered before its process'");
    }
    if (session.read.is_set() && version <= session.read) {
      report(follows_, "writes-follow-reads", at, session.read_op,
             "is ordered before what it read:");
    }
    if (version > session.write) {
      session.write = version;
      session.write_op = at;
    }
  }

  void report(std::uint64_t& count, const char* kind, std::uint32_t at, std::uint32_t other,
              const char* how) {
    ++count;
    result_.verdict = Verdict::invalid;
    if (count > 3) return;
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

  // An operation with a version. Those of a process stand together, in its order.
  struct Step {
    Version version;
    std::uint32_t key;
    std::uint32_t op;
  };
  // The least that a key may show to the process in hand.
  struct Known {
    Version version;
    std::uint32_t reader = kNone;  // the process that this speaks of
    std::uint32_t op = 0;          // an earlier operation of another process
    std::uint32_t seen = 0;        // the read that saw a later write of that process
  };

  void note_writer(std::uint32_t at, Writers& writers) {
    const Op& op = trace_.ops[at];
    if (op.action != Action::read || op.outcome != Outcome::ok || !trace_.versions[at].is_set()) {
      return;
    }
    const std::uint32_t writer = writers.find(trace_.versions[at]);
    if (writer != kNone && trace_.ops[writer].process != op.process) writer_[at] = writer;
  }

  bool is_step(std::uint32_t at) const {
    const Op& op = trace_.ops[at];
    if (op.outcome != Outcome::ok) return false;
    return trace_.versions[at].is_set() || (op.action == Action::read && op.output.is_nil());
  }

  void order_by_process() {
    first_.assign(trace_.processes.size() + 1, 0);
    for (std::uint32_t i = 0; i < trace_.ops.size(); ++i) {
      first_[trace_.ops[i].process + 1] += is_step(i);
    }
    for (std::size_t p = 1; p < first_.size(); ++p) first_[p] += first_[p - 1];
    place_.assign(trace_.ops.size(), kNone);
    steps_.resize(first_.back());
    std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
    for (std::uint32_t i = 0; i < trace_.ops.size(); ++i) {
      if (!is_step(i)) continue;
      place_[i] = next[trace_.ops[i].process]++;
      steps_[place_[i]] = {trace_.versions[i], trace_.ops[i].key, i};
    }
  }

  void judge_across_keys() {
    order_by_process();
    known_.assign(trace_.keys.size(), {});
    struct Absorbed {
      std::uint32_t by = kNone;
      std::uint32_t until = 0;  // place in steps_
    };
    std::vector<Absorbed> absorbed(trace_.processes.size());
    for (std::uint32_t p = 0; p < trace_.processes.size(); ++p) {
      for (std::uint32_t at = first_[p]; at < first_[p + 1]; ++at) {
        compare(steps_[at], p);
        const std::uint32_t seen = steps_[at].op;
        if (writer_[seen] == kNone || place_[writer_[seen]] == kNone) continue;
        const std::uint32_t writer = trace_.ops[writer_[seen]].process;
        if (absorbed[writer].by != p) absorbed[writer] = {p, first_[writer]};
        std::uint32_t& until = absorbed[writer].until;
        for (; until < place_[writer_[seen]]; ++until) absorb(steps_[until], p, seen);
      }
    }
  }

  void absorb(const Step& step, std::uint32_t reader, std::uint32_t seen) {
    Known& known = known_[step.key];
    if (known.reader == reader && step.version <= known.version) return;
    known = {step.version, reader, step.op, seen};
  }

  void compare(const Step& step, std::uint32_t process) {
    const Known& known = known_[step.key];
    if (known.reader != process) return;
    const Op& op = trace_.ops[step.op];
    const bool is_read = op.action == Action::read;
    if (is_read ? step.version >= known.version : step.version > known.version) return;
    ++across_;
    result_.verdict = Verdict::invalid;
    if (across_ > 3) return;
    const bool wrote = trace_.ops[known.op].action != Action::read;
    const std::uint32_t later = writer_[known.seen];
    result_.find(wrote ? "monotonic-writes-across-keys" : "writes-follow-reads-across-keys",
                 describe(trace_, op) + (is_read ? " is older than " : " is ordered before ") +
                     describe(trace_, trace_.ops[known.op]) + ", which comes before " +
                     describe(trace_, trace_.ops[later]) + ", which the process had seen",
                 {known.op, later, known.seen, step.op});
  }

  const Trace& trace_;
  std::vector<Session> sessions_;  // by process
  Judgement result_;
  std::uint64_t judged_ = 0;
  std::uint64_t unversioned_ = 0;
  std::uint64_t own_ = 0;
  std::uint64_t reads_ = 0;
  std::uint64_t writes_ = 0;
  std::uint64_t follows_ = 0;
  std::uint64_t across_ = 0;
  std::vector<std::uint32_t> writer_;  // by op: of what a read saw, if another process wrote it
  std::vector<Step> steps_;            // by process
  std::vector<std::uint32_t> first_;   // of each process, in steps_
  std::vector<std::uint32_t> place_;   // by op: in steps_, or kNone
  std::vector<Known> known_;           // by key
};

}  // namespace

Judgement judge_sessions(const Trace& trace, const LinearOptions&) {
  return Sessions(trace).judge();
}

}  // namespace holdfast::checkers
