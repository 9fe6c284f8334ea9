// converged: by repair, or by hints alone.
#include <algorithm>

#include "checkers/text.h"
#include "harness/promises/promise_table.h"

namespace holdfast::harness {

using checkers::Anomaly;
using checkers::FaultEffects;
using checkers::FaultRecord;
using checkers::KeyId;
using checkers::Operation;
using checkers::OperationIndex;
using checkers::Outcome;

// converged: all owners equal in the end.
Ruling PromiseTable::converged(const Anomaly& anomaly) const {
  for (const NodeId owner : state_.owners(anomaly.key)) {
    if (faults_.is_away_at_end(owner)) {
      return allowed(node_name(owner) + " was still away when the run ended");
    }
  }
  if (anomaly.operation != checkers::kNoOperation) {
    if (const auto reason = forgotten(operation(anomaly.operation))) return allowed(*reason);
  }
  const checkers::Facts::Convergence& measured = facts_.convergence;
  const bool repairs =
      config_.anti_entropy == node::AntiEntropy::periodic ||
      (config_.anti_entropy == node::AntiEntropy::on_demand && measured.hash_comparisons > 0);
  if (!repairs) {
    if (const auto reason = lacks_hints(anomaly.key, anomaly.operation)) {
      return allowed("nothing repaired what hints left out: " + *reason);
    }
    return broken("every write of the key was acknowledged, and none of its hints can be gone");
  }
  const std::int64_t quiet_ms = (faults_.end_ns() - faults_.last_end_ns()) / 1'000'000;
  if (!measured.silent.value_or(false) && measured.bound_ms && quiet_ms < *measured.bound_ms) {
    return allowed("the run ended " + std::to_string(quiet_ms) +
                   " ms after the last fault, before the bound of " +
                   std::to_string(*measured.bound_ms) + " ms");
  }
  return broken("anti-entropy ran after every fault had ended");
}

// From a write's invocation: its own deadline, and one for each holder that may be asked after it.
std::int64_t PromiseTable::holder_deadlines_ns() const { return to_ns(hint_delay(config_)); }

std::int64_t PromiseTable::most_gain_ns() const {
  std::int64_t gain_ns = 0;
  for (NodeId node = 0; node < state_.nodes(); ++node) {
    gain_ns = std::max(gain_ns, faults_.clock_gain_ns(node));
  }
  return gain_ns;
}

// Whether a hint window for an owner may have been over: an outage lasts from the first trouble
// until the holder's last hint is delivered, however long its throttle makes that take.
bool PromiseTable::window_had_passed(const Operation& write) const {
  const std::int64_t last_ns =
      write.invoked_ns + 2 * to_ns(config_.request_timeout) + most_gain_ns();
  const std::int64_t first_ns = last_ns - to_ns(config_.hint_window);
  for (const NodeId owner : state_.owners(write.key)) {
    if (first_ns >= 0 && faults_.was_hit(owner, first_ns)) return true;
  }
  return false;
}

// Why a write may not have got all its hints, or not kept them until delivery; nothing if it must
// have.
std::optional<std::string> PromiseTable::lacks_hints(const Operation& write) const {
  if (write.outcome == Outcome::fail) return std::nullopt;
  if (write.outcome == Outcome::info) return "a write has an unknown outcome";
  // Nothing but anti-entropy gives back to a node what its disk lost.
  for (NodeId node = 0; node < state_.nodes(); ++node) {
    const FaultRecord* fault = faults_.destroyer(
        node, write.invoked_ns, facts_.hints_survive_power_loss && facts_.rows_survive_power_loss);
    if (fault != nullptr) return strike(*fault, node);
  }
  // A disk that fails stops the node too, until it opens its store again.
  // A hint that nobody waits for is synced with the next heartbeat.
  const std::int64_t last_ns =
      write.invoked_ns + holder_deadlines_ns() + 2 * to_ns(config_.heartbeat_interval);
  if (write.node != kNoNode &&
      (faults_.was_interrupted(write.node, write.invoked_ns, last_ns) ||
       faults_.was(&FaultEffects::refuses, write.node, write.invoked_ns, last_ns))) {
    return "the coordinator " + node_name(write.node) + " went down before it could store a hint";
  }
  if (window_had_passed(write)) {
    return "an owner had been away for longer than the hint window";
  }
  const bool any_expired = expired_.size() > (expired_.contains(kNoNode) ? 1U : 0U);
  const std::int64_t age_ns = faults_.end_ns() - write.invoked_ns + most_gain_ns();
  if (any_expired && age_ns >= to_ns(config_.hint_max_age)) {
    return "hints reached their maximum age";
  }
  return std::nullopt;
}

// By hints alone converge keys all of whose writes got their hints, which were all kept until
// delivery. Why that cannot be said of this one, in words about `subject`; nothing if it can.
std::optional<std::string> PromiseTable::lacks_hints(KeyId key, OperationIndex subject) const {
  if (config_.hint_holder == node::HintHolder::none) {
    return "there are no hints";
  }
  if (may_refuse_hints()) return "hints were refused, or may have been";
  const auto drops = [](const checkers::FaultEffects& effects) { return effects.drops_hints; };
  if (faults_.ever(drops)) return "an operator dropped hints";
  const auto changes = [](const checkers::FaultEffects& effects) {
    return effects.changes_settings;
  };
  if (faults_.ever(changes)) return "an operator changed settings";
  if (subject != checkers::kNoOperation) {
    if (auto reason = lacks_hints(operation(subject))) return reason;
  }
  for (const OperationIndex index : writes_.writes_of(key)) {
    const Operation& write = operation(index);
    const auto reason = lacks_hints(write);
    if (!reason) continue;
    const std::string through = write.node == kNoNode ? "" : " through " + node_name(write.node);
    return "of another write of the key, at " + checkers::seconds_text(write.invoked_ns) + through +
           ", " + *reason;
  }
  return std::nullopt;
}

}  // namespace holdfast::harness
