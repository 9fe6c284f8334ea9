// kept, and handed off: which copies of a write nothing can have destroyed.
#include <algorithm>

#include "harness/promises/promise_table.h"

namespace holdfast::harness {

using checkers::Anomaly;
using checkers::Copy;
using checkers::FaultEffects;
using checkers::FaultRecord;
using checkers::Operation;

// What may have destroyed the copy; empty if nothing can have.
std::string PromiseTable::fate(const Operation& write, const Copy& copy) const {
  const bool hint = copy.is_hint();
  const FaultRecord* fault =
      faults_.destroyer(copy.node, write.invoked_ns,
                        hint ? facts_.hints_survive_power_loss : facts_.rows_survive_power_loss);
  if (fault != nullptr) return strike(*fault, copy.node);
  if (!hint) return "";
  // A hint's copy moves to its destination on delivery.
  fault = checkers::destroyer_of_delivery(inputs_.observed.faults, copy.node, copy.destination,
                                          write.invoked_ns, facts_.rows_survive_power_loss);
  if (fault != nullptr) return strike(*fault, copy.destination);
  const std::int64_t age_ns =
      faults_.end_ns() - write.invoked_ns + faults_.clock_gain_ns(copy.node);
  if (expired_.contains(copy.node) && age_ns >= to_ns(config_.hint_max_age)) {
    return "the hint on " + node_name(copy.node) + " reached its maximum age";
  }
  if (faults_.was(&FaultEffects::drops_hints, copy.node, write.invoked_ns, faults_.end_ns())) {
    return "an operator dropped the hints on " + node_name(copy.node);
  }
  return "";
}

// kept: an acknowledged write is not lost, while one of its copies was not destroyed.
Ruling PromiseTable::kept(const Operation& write) const {
  if (const auto reason = forgotten(write)) return allowed(*reason);
  if (write.copies.size() == 0) return broken("its reply named no copy that could be destroyed");
  std::string reasons;
  for (const Copy& copy : write.copies.all()) {
    const std::string reason = fate(write, copy);
    if (reason.empty()) {
      return broken("nothing destroyed the copy that " + node_name(copy.node) + " acknowledged");
    }
    if (reasons.find(reason) != std::string::npos) continue;
    if (!reasons.empty()) reasons += "; ";
    reasons += reason;
  }
  return allowed("every copy that was acknowledged was destroyed: " + reasons);
}

// A write that only hints or other nodes hold is not lost; it may wait for an owner that is away.
Ruling PromiseTable::handed_off(const Anomaly& anomaly) const {
  for (const NodeId owner : state_.owners(anomaly.key)) {
    const bool awaited = anomaly.destination == kNoNode || anomaly.destination == owner;
    if (awaited && faults_.is_away_at_end(owner)) {
      return allowed(node_name(owner) + " was still away when the run ended");
    }
  }
  const NodeId holder = anomaly.node;
  if (holder != kNoNode && faults_.is_away_at_end(holder)) {
    return allowed("the holder " + node_name(holder) + " was still away when the run ended");
  }
  if (holder != kNoNode &&
      faults_.was(&FaultEffects::pauses_delivering, holder, faults_.end_ns(), faults_.end_ns())) {
    return allowed("an operator paused the delivery of hints on " + node_name(holder));
  }
  return broken("every owner was back, and delivery was not paused");
}

// Whether a hint for the owner, of that version or a newer one, was still to be delivered.
bool PromiseTable::hint_waits(NodeId owner, checkers::KeyId key, const Version& version) const {
  const auto found = waiting_.find({key, owner});
  return found != waiting_.end() && found->second >= version;
}

// Whether the drain was cut short, and what the owners lack was still to come by it: as a hint that
// waits, or as one that a write just made may yet become.
bool PromiseTable::is_owed_to_the_drain(const Anomaly& anomaly) const {
  if (facts_.drain_waits_for.empty() || anomaly.operation == checkers::kNoOperation) return false;
  const Operation& write = operation(anomaly.operation);
  if (state_.at_ns() - write.invoked_ns < holder_deadlines_ns()) return true;
  return std::ranges::all_of(state_.owners(anomaly.key), [&](NodeId owner) {
    const checkers::RowState* const row = state_.row(owner, anomaly.key);
    const bool has = row != nullptr && row->version >= write.version;
    return has || !state_.is_dumped(owner) || hint_waits(owner, anomaly.key, write.version);
  });
}

Ruling PromiseTable::owed() const {
  return undecided("the drain was cut short: it waited for " + facts_.drain_waits_for);
}

// The real copies of an acknowledged write that nothing can have destroyed before `until_ns`.
std::size_t PromiseTable::surviving_copies(const Operation& write, std::int64_t until_ns) const {
  const bool delivered = until_ns >= facts_.handoff_ended_ns;
  std::set<NodeId> nodes;
  for (const Copy& copy : write.copies.all()) {
    if (copy.is_hint() && !delivered) continue;
    if (!fate(write, copy).empty()) continue;
    nodes.insert(copy.is_hint() ? copy.destination : copy.node);
  }
  return nodes.size();
}

// Whether the owner acknowledged the write itself, and nothing can have destroyed it there.
bool PromiseTable::keeps(const Operation& write, NodeId owner) const {
  for (const Copy& copy : write.copies.all()) {
    if (copy.node == owner && !copy.is_hint()) return fate(write, copy).empty();
  }
  return false;
}

}  // namespace holdfast::harness
