// The session guarantees of Terry and others, by the versions in replies: per process and key, and
// across keys, where what one process did in order shows to another one out of order.
#include <algorithm>
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

  // The least that a key may show to the process in hand.
  struct Known {
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

  void order_by_process() {
    first_.assign(trace_.processes.size() + 1, 0);
    for (const Op& op : trace_.ops) ++first_[op.process + 1];
    for (std::size_t p = 1; p < first_.size(); ++p) first_[p] += first_[p - 1];
    place_.resize(trace_.ops.size());
    order_.resize(trace_.ops.size());
    std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
    for (std::uint32_t i = 0; i < trace_.ops.size(); ++i) {
      place_[i] = next[trace_.ops[i].process]++;
      order_[place_[i]] = i;
    }
  }

  void judge_across_keys() {
    order_by_process();
    known_.assign(trace_.keys.size(), {});
    struct Absorbed {
      std::uint32_t by = kNone;
      std::uint32_t until = 0;  // place in order_
    };
    std::vector<Absorbed> absorbed(trace_.processes.size());
    for (std::uint32_t p = 0; p < trace_.processes.size(); ++p) {
      for (std::uint32_t at = first_[p]; at < first_[p + 1]; ++at) {
        const std::uint32_t op = order_[at];
        if (trace_.ops[op].outcome != Outcome::ok) continue;
        compare(op);
        if (writer_[op] == kNone) continue;
        const std::uint32_t writer = trace_.ops[writer_[op]].process;
        if (absorbed[writer].by != p) absorbed[writer] = {p, first_[writer]};
        std::uint32_t& at_writer = absorbed[writer].until;
        for (; at_writer < place_[writer_[op]]; ++at_writer) absorb(order_[at_writer], op);
      }
    }
  }

  void absorb(std::uint32_t op, std::uint32_t seen) {
    const Version& version = trace_.versions[op];
    if (!version.is_set() || trace_.ops[op].outcome != Outcome::ok) return;
    Known& known = known_[trace_.ops[op].key];
    const std::uint32_t reader = trace_.ops[seen].process;
    if (known.reader == reader && version <= trace_.versions[known.op]) return;
    known = {reader, op, seen};
  }

  void compare(std::uint32_t at) {
    const Op& op = trace_.ops[at];
    const Known& known = known_[op.key];
    if (known.reader != op.process) return;
    const Version& version = trace_.versions[at];
    const Version& least = trace_.versions[known.op];
    const bool is_read = op.action == Action::read;
    if (!version.is_set() && (!is_read || !op.output.is_nil())) return;
    if (is_read ? version >= least : version > least) return;
    ++across_;
    result_.verdict = Verdict::invalid;
    if (across_ > 3) return;
    const bool wrote = trace_.ops[known.op].action != Action::read;
    const std::uint32_t later = writer_[known.seen];
    result_.find(wrote ? "monotonic-writes-across-keys" : "writes-follow-reads-across-keys",
                 describe(trace_, op) + (is_read ? " is older than " : " is ordered before ") +
                     describe(trace_, trace_.ops[known.op]) + ", which comes before " +
                     describe(trace_, trace_.ops[later]) + ", which the process had seen",
                 {known.op, later, known.seen, at});
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
  std::vector<std::uint32_t> first_;   // of each process, in order_
  std::vector<std::uint32_t> order_;   // operations by process
  std::vector<std::uint32_t> place_;   // by op: where it is in order_
  std::vector<Known> known_;           // by key
};

}  // namespace

Judgement judge_sessions(const Trace& trace, const LinearOptions&) {
  return Sessions(trace).judge();
}

}  // namespace holdfast::checkers
