// gone: nothing that was deleted comes back, for as long as a tombstone is kept.
#include <algorithm>

#include "harness/promises/promise_table.h"

namespace holdfast::harness {

using checkers::FaultRecord;
using checkers::Function;
using checkers::KeyId;
using checkers::Operation;
using checkers::OperationIndex;
using checkers::Outcome;

// Why all owners may rightly have forgotten the delete that superseded the write, so that an older
// value could come back; nothing if they may not.
std::optional<std::string> PromiseTable::forgotten(const Operation& write) const {
  if (config_.tombstone_gc != node::TombstoneGc::grace) return std::nullopt;
  for (const OperationIndex index : writes_.writes_of(write.key)) {
    const Operation& deletion = operation(index);
    const bool superseded = deletion.function == Function::del &&
                            deletion.outcome != Outcome::fail &&
                            (deletion.version >= write.version || !deletion.version.is_set());
    if (!superseded) continue;
    if (auto reason = grace_passed(deletion, write.key)) return reason;
  }
  return std::nullopt;
}

// Whether a hint for an owner of the key, older than the delete, may still have waited on some node
// at `due_ns`: unless the node said at some time in between that it had none.
bool PromiseTable::old_hint_may_wait(const Operation& deletion, KeyId key,
                                     std::int64_t due_ns) const {
  if (!hinted_ || config_.hint_max_age <= config_.tombstone_grace) return false;
  const std::span<const NodeId> owners = state_.owners(key);
  const auto waits = [&](const checkers::QueueStatus& queue) {
    return queue.count > 0 && std::ranges::find(owners, queue.destination) != owners.end();
  };
  const std::int64_t first_ns = deletion.invoked_ns + holder_deadlines_ns();
  std::set<NodeId> empty;
  for (const checkers::NodeStatus& status : state_.statuses()) {
    if (status.asked_ns < first_ns || status.at_ns > due_ns) continue;
    if (std::ranges::none_of(status.queues, waits)) empty.insert(status.node);
  }
  return empty.size() < inputs_.nodes;
}

// Why an owner may not have had a delete when its grace was over, so that an older value could
// come back; nothing if all must have had it, or if no grace can have been over.
std::optional<std::string> PromiseTable::grace_passed(const Operation& deletion, KeyId key) const {
  if (config_.tombstone_gc != node::TombstoneGc::grace) return std::nullopt;
  const std::span<const NodeId> owners = state_.owners(key);
  std::int64_t slack_ns = 0;  // of clocks that were wrong
  for (const NodeId owner : owners) slack_ns = std::max(slack_ns, faults_.clock_gain_ns(owner));
  const std::int64_t due_ns = deletion.invoked_ns + to_ns(config_.tombstone_grace) - slack_ns;
  if (faults_.end_ns() < due_ns) return std::nullopt;
  if (old_hint_may_wait(deletion, key, due_ns)) {
    return "a hint from before the delete may have waited until its tombstones were purged";
  }
  for (const NodeId owner : owners) {
    const FaultRecord* fault =
        faults_.destroyer(owner, deletion.invoked_ns, facts_.rows_survive_power_loss);
    if (fault != nullptr) return "the tombstone's grace was over, and " + strike(*fault, owner);
  }
  // An owner that did not keep the delete itself hears of it by repair or hints: in time only if
  // all was calm for long enough before the grace was over.
  const std::int64_t first_ns = deletion.invoked_ns + holder_deadlines_ns();
  const std::int64_t bound_ns = facts_.convergence.bound_ms.value_or(0) * 1'000'000;
  const bool repairs = config_.anti_entropy == node::AntiEntropy::periodic ||
                       !lacks_hints(key, checkers::kNoOperation).has_value();
  if (repairs && faults_.is_calm_for(bound_ns, first_ns, due_ns)) return std::nullopt;
  for (const NodeId owner : owners) {
    if (!keeps(deletion, owner)) {
      return "the grace was over, and " + node_name(owner) + " may not have had the delete by then";
    }
  }
  return std::nullopt;
}

// Whether tombstones may have been purged as the run ended: on one owner earlier than on another.
bool PromiseTable::was_purging() const {
  if (config_.tombstone_gc != node::TombstoneGc::grace) return false;
  const std::int64_t slack_ns = most_gain_ns() + 2 * to_ns(config_.heartbeat_interval);
  return std::ranges::any_of(history_.operations, [&](const Operation& deletion) {
    const std::int64_t due_ns = deletion.invoked_ns + to_ns(config_.tombstone_grace);
    return deletion.function == Function::del && due_ns - slack_ns <= faults_.end_ns() &&
           due_ns + slack_ns + 4 * to_ns(config_.heartbeat_interval) >= faults_.end_ns();
  });
}

// gone: nothing that was deleted comes back.
Ruling PromiseTable::gone(const Operation& deletion, KeyId key) const {
  if (const auto reason = grace_passed(deletion, key)) return allowed(*reason);
  return kept(deletion);
}

}  // namespace holdfast::harness
