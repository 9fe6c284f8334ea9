// The table of promises, one function each: whether an anomaly breaks one, derived per operation
// from the reply, the configuration and the injected faults.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "checkers/checker.h"
#include "checkers/write_index.h"
#include "harness/promises/fault_timeline.h"
#include "harness/promises/promises.h"
#include "harness/promises/ruling.h"
#include "node/core/config.h"

namespace holdfast::harness {

// Named as in docs/promises.md.
class PromiseTable {
 public:
  // `inputs` must outlive it.
  explicit PromiseTable(const PromiseInputs& inputs);

  // Whether the anomaly breaks a promise, and why, or why not.
  Ruling rule(const checkers::Anomaly& anomaly) const;
  // available: whether an operation that did not succeed had to.
  bool available(const checkers::Operation& failed) const;

 private:
  const checkers::Operation& operation(checkers::OperationIndex index) const {
    return history_.operations[index];
  }

  Ruling kept(const checkers::Operation& write) const;
  Ruling owed() const;
  Ruling handed_off(const checkers::Anomaly& anomaly) const;
  Ruling ordered(const checkers::Anomaly& anomaly) const;
  Ruling fresh(const checkers::Anomaly& anomaly) const;
  Ruling fresh_after(const checkers::Operation& read, const checkers::Operation& missed) const;
  Ruling final() const;
  Ruling gone(const checkers::Operation& deletion, checkers::KeyId key) const;
  Ruling converged(const checkers::Anomaly& anomaly) const;
  Ruling bounded(const checkers::Anomaly& anomaly) const;

  std::optional<NodeId> knew_it(const checkers::Operation& read,
                                const checkers::Operation& missed) const;
  std::string fate(const checkers::Operation& write, const checkers::Copy& copy) const;
  bool is_owed_to_the_drain(const checkers::Anomaly& anomaly) const;
  bool hint_waits(NodeId owner, checkers::KeyId key, const Version& version) const;
  std::optional<std::string> forgotten(const checkers::Operation& write) const;
  std::optional<std::string> lacks_hints(const checkers::Operation& write) const;
  std::optional<std::string> lacks_hints(checkers::KeyId key,
                                         checkers::OperationIndex subject) const;
  bool old_hint_may_wait(const checkers::Operation& deletion, checkers::KeyId key,
                         std::int64_t due_ns) const;
  std::optional<std::string> grace_passed(const checkers::Operation& deletion,
                                          checkers::KeyId key) const;
  std::int64_t holder_deadlines_ns() const;
  std::int64_t most_gain_ns() const;
  bool may_have_reached_cap() const;
  bool may_refuse_hints() const;
  bool overloaded(const checkers::Operation& failed) const;
  bool was_purging() const;
  bool window_had_passed(const checkers::Operation& write) const;
  bool keeps(const checkers::Operation& write, NodeId owner) const;
  const checkers::FaultRecord* slept_through(const checkers::Operation& failed) const;
  bool may_be_starting(NodeId node, std::int64_t first_ns, std::int64_t last_ns) const;
  std::size_t surviving_copies(const checkers::Operation& write, std::int64_t until_ns) const;

  const PromiseInputs& inputs_;
  const node::Config& config_;
  const checkers::Facts& facts_;
  const checkers::History& history_;
  const checkers::FinalState& state_;
  const checkers::WriteIndex writes_;
  const FaultTimeline faults_;
  // The newest hint that was pending in the end, by key and destination. Only after a drain that
  // was cut short.
  std::map<std::pair<checkers::KeyId, NodeId>, Version> waiting_;
  std::set<NodeId> expired_;  // holders that let a hint expire
  bool hinted_ = false;
  bool refused_window_ = false;
  bool cap_reached_ = false;  // or it cannot be ruled out
};

}  // namespace holdfast::harness
