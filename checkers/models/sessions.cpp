// The session guarantees of Terry and others, per process and key, by the versions in replies.
#include <string>
#include <vector>

#include "checkers/models/judgement.h"

namespace holdfast::checkers {
namespace {

struct Session {
  std::uint32_t key = 0xffffffff;  // of which the rest speaks
  std::uint32_t read_op = 0;
  std::uint32_t write_op = 0;
  Version read;  // the highest
  Version write;
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
    for (std::uint32_t key = 0; key < by_key.keys(); ++key) {
      for (const std::uint32_t op : by_key.ops_of(key)) look_at(op);
    }
    result_.count("judged", judged_);
    result_.count("read_your_writes", own_);
    result_.count("monotonic_reads", reads_);
    result_.count("monotonic_writes", writes_);
    result_.count("writes_follow_reads", follows_);
    if (unversioned_ > 0) {
      result_.notes.push_back(std::to_string(unversioned_) + " replies had no version");
    }
    if (judged_ == 0) result_.unknown("there is nothing to judge");
    return std::move(result_);
  }

 private:
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

  const Trace& trace_;
  std::vector<Session> sessions_;  // by process
  Judgement result_;
  std::uint64_t judged_ = 0;
  std::uint64_t unversioned_ = 0;
  std::uint64_t own_ = 0;
  std::uint64_t reads_ = 0;
  std::uint64_t writes_ = 0;
  std::uint64_t follows_ = 0;
};

}  // namespace

Judgement judge_sessions(const Trace& trace, const LinearOptions&) {
  return Sessions(trace).judge();
}

}  // namespace holdfast::checkers
