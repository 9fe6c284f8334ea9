#include "harness/promise_table.h"

#include <algorithm>

#include "checkers/text.h"

namespace holdfast::harness {

using checkers::Anomaly;
using checkers::AnomalyClass;
using checkers::Copy;
using checkers::FaultRecord;
using checkers::Function;
using checkers::KeyId;
using checkers::Operation;
using checkers::OperationIndex;
using checkers::Outcome;

namespace {

std::int64_t to_ns(Duration duration) { return to_us(duration) * 1000; }

Ruling broken(std::string reason) { return {false, std::move(reason)}; }
Ruling allowed(std::string reason) { return {true, std::move(reason)}; }

// What holds of hints, whatever happens.
const char* bound_of(AnomalyClass kind) {
  switch (kind) {
    case AnomalyClass::over_cap:
      return "what a cap leaves no room for is refused before it is acknowledged";
    case AnomalyClass::over_age:
    case AnomalyClass::early_expiry:
      return "hints live as long as the configuration says";
    case AnomalyClass::unaccounted_hint:
      return "an acknowledged hint is delivered, or counted among those given up";
    case AnomalyClass::forbidden_hint:
      return "hints off means none, and a hint window outlasts restarts";
    case AnomalyClass::false_delivery:
      return "what is not acknowledged by its destination is not delivered";
    case AnomalyClass::younger_hint:
      return "ages are kept over restarts, and never go back";
    case AnomalyClass::over_rate:
      return "a throttle is never without a limit";
    default:
      return "created = delivered + expired + dropped + quarantined + pending, always";
  }
}

std::string strike(const FaultRecord& fault, NodeId node) {
  const std::string when = " at " + checkers::seconds_text(fault.at_ns);
  if (fault.kind == "power_loss") return node_name(node) + " lost power before a sync" + when;
  if (fault.kind == "wipe") return node_name(node) + " was wiped" + when;
  if (fault.syncs_failed) return node_name(node) + "'s disk failed before a sync" + when;
  return node_name(node) + " lost its store (" + fault.kind + when + ")";
}

}  // namespace

Promises::Promises(const PromiseInputs& inputs)
    : inputs_(inputs),
      config_(inputs.config),
      facts_(inputs.observed.facts),
      history_(inputs.observed.history),
      state_(inputs.observed.final_state),
      writes_(inputs.observed.history),
      faults_(inputs.observed.faults, state_.at_ns()) {
  for (const checkers::NodeStatus& status : state_.statuses()) {
    expired_.insert(status.expired > 0 ? status.node : kNoNode);
    dropped_ = dropped_ || status.dropped > 0;
    hinted_ = hinted_ || status.created > 0;
    refused_window_ = refused_window_ || status.refused_window > 0;
    refused_other_ = refused_other_ || status.refused_other > 0;
  }
}

Ruling Promises::rule(const Anomaly& anomaly) const {
  switch (anomaly.kind) {
    case AnomalyClass::lost:
      return kept(operation(anomaly.operation));
    case AnomalyClass::stranded:
      return handed_off(anomaly);
    case AnomalyClass::discarded:
      return ordered(anomaly);
    case AnomalyClass::under_replicated:
    case AnomalyClass::diverged:
      return converged(anomaly);
    case AnomalyClass::late_convergence:
      if (!inputs_.virtual_time) return allowed("in real time a slow machine takes longer");
      return broken("every fault had ended, and the bound follows from backlog and periods");
    case AnomalyClass::not_silent:
      return broken("repair must fall silent once all owners are equal");
    case AnomalyClass::stale:
      return fresh(anomaly);
    case AnomalyClass::rewritten:
    case AnomalyClass::shared_version:
    case AnomalyClass::phantom:
      return final();
    case AnomalyClass::resurrected:
      return gone(operation(anomaly.operation), anomaly.key);
    case AnomalyClass::ledger_off:
    case AnomalyClass::over_cap:
    case AnomalyClass::over_age:
    case AnomalyClass::early_expiry:
    case AnomalyClass::unaccounted_hint:
    case AnomalyClass::forbidden_hint:
    case AnomalyClass::false_delivery:
    case AnomalyClass::younger_hint:
    case AnomalyClass::over_rate:
      return bounded(anomaly);
    case AnomalyClass::short_quorum:
      return broken("a reply names as many nodes as its quorum asks for");
    case AnomalyClass::unavailable:
      return broken("for as long as detection takes no fault had touched its coordinator's quorum");
    case AnomalyClass::late:
      if (!inputs_.virtual_time) return allowed("in real time a slow machine takes longer");
      return broken("every operation ends within its deadline");
  }
  return broken("");
}

// final: no phantom, no rewritten id, no definite failure that appears.
Ruling Promises::final() const {
  return broken("this may never happen, whatever the configuration");
}

// What may have destroyed the copy; empty if nothing can have.
std::string Promises::fate(const Operation& write, const Copy& copy) const {
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
  if (faults_.was("drop_hints", copy.node, write.invoked_ns, faults_.end_ns())) {
    return "an operator dropped the hints on " + node_name(copy.node);
  }
  return "";
}

// Why all owners may rightly have forgotten the delete that superseded the write, so that an older
// value could come back; nothing if they may not.
std::optional<std::string> Promises::forgotten(const Operation& write) const {
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

// kept: an acknowledged write is not lost, while one of its copies was not destroyed.
Ruling Promises::kept(const Operation& write) const {
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
Ruling Promises::handed_off(const Anomaly& anomaly) const {
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
      faults_.was("pause_delivering", holder, faults_.end_ns(), faults_.end_ns())) {
    return allowed("an operator paused the delivery of hints on " + node_name(holder));
  }
  return broken("every owner was back, and delivery was not paused");
}

// A write may be discarded for an older one only if clocks were that far apart.
Ruling Promises::ordered(const Anomaly& anomaly) const {
  const Operation& discarded = operation(anomaly.operation);
  const std::int64_t apart_ns =
      faults_.clock_difference_ns(discarded.invoked_ns, discarded.completed_ns) +
      to_ns(facts_.clock_difference);
  const std::string needed = checkers::duration_text(anomaly.amount);
  if (apart_ns >= anomaly.amount && apart_ns > 0) {
    return allowed("the clocks were at least " + needed + " apart");
  }
  return broken("the clocks were never " + needed + " apart");
}

// The real copies of an acknowledged write that nothing can have destroyed before `until_ns`.
std::size_t Promises::surviving_copies(const Operation& write, std::int64_t until_ns) const {
  const bool delivered = until_ns >= facts_.handoff_ended_ns;
  std::set<NodeId> nodes;
  for (const Copy& copy : write.copies.all()) {
    if (copy.is_hint() && !delivered) continue;
    if (!fate(write, copy).empty()) continue;
    nodes.insert(copy.is_hint() ? copy.destination : copy.node);
  }
  return nodes.size();
}

// fresh: no stale read where the replies name owners that must overlap, in a surviving copy; and
// once handoff has ended.
Ruling Promises::fresh(const Anomaly& anomaly) const {
  const Operation& read = operation(anomaly.operation);
  if (const auto reason = forgotten(operation(anomaly.other))) return allowed(*reason);
  Ruling ruling = fresh_after(read, operation(anomaly.other));
  // The newest write that it missed may have lost its copies, an older one not.
  const std::span<const OperationIndex> of_key = writes_.writes_of(read.key);
  auto before = std::lower_bound(of_key.begin(), of_key.end(), read.invoked_ns,
                                 [&](OperationIndex index, std::int64_t time_ns) {
                                   return operation(index).invoked_ns < time_ns;
                                 });
  constexpr int kMost = 64;
  for (int i = 0; i < kMost && ruling.allowed && before != of_key.begin(); ++i) {
    const Operation& missed = operation(*--before);
    if (missed.outcome == Outcome::ok && missed.completed_ns < read.invoked_ns &&
        missed.version > read.version) {
      const Ruling other = fresh_after(read, missed);
      if (!other.allowed) ruling = other;
    }
  }
  return ruling;
}

// Whether `read` had to see `missed`, an acknowledged write, or a newer one.
Ruling Promises::fresh_after(const Operation& read, const Operation& missed) const {
  // A fallback that answered without a hint counts as little as one with.
  const std::span<const NodeId> owners = state_.owners(read.key);
  const auto answers =
      static_cast<std::size_t>(std::ranges::count_if(read.copies.all(), [&](const Copy& copy) {
        return !copy.is_hint() && std::ranges::find(owners, copy.node) != owners.end();
      }));
  const std::size_t r = read.copies.size() == 0 ? config_.r : answers;
  const std::size_t survive = surviving_copies(missed, read.invoked_ns);
  const std::string sum = std::to_string(survive) + " surviving copies + R = " + std::to_string(r);
  const std::string n = "N = " + std::to_string(config_.n);
  if (survive + r <= config_.n) return allowed(sum + " do not exceed " + n);
  // A reply that names nobody may have come from holders of hints.
  if (config_.quorum != node::QuorumKind::strict && read.copies.size() == 0 &&
      read.invoked_ns < facts_.handoff_ended_ns) {
    return allowed("quorums other than strict need not overlap before handoff has ended");
  }
  // What it returned may be newer in real time, and older only by clocks that were apart.
  const OperationIndex returned = writes_.find(read.id);
  if (returned != checkers::kNoOperation && operation(returned).invoked_ns > missed.completed_ns) {
    const std::int64_t needed_ns = (missed.version.clock_us - read.version.clock_us) * 1000;
    const std::int64_t apart_ns =
        faults_.clock_difference_ns(operation(returned).invoked_ns, read.invoked_ns) +
        to_ns(facts_.clock_difference);
    if (apart_ns > 0 && apart_ns >= needed_ns) {
      return allowed("it returned a newer write, whose clock was behind");
    }
  }
  return broken(sum + " exceed " + n);
}

// Whether the owner acknowledged the write itself, and nothing can have destroyed it there.
bool Promises::keeps(const Operation& write, NodeId owner) const {
  for (const Copy& copy : write.copies.all()) {
    if (copy.node == owner && !copy.is_hint()) return fate(write, copy).empty();
  }
  return false;
}

// Whether a hint for an owner of the key, older than the delete, may still have waited on some node
// at `due_ns`: unless the node said at some time in between that it had none.
bool Promises::old_hint_may_wait(const Operation& deletion, KeyId key, std::int64_t due_ns) const {
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
std::optional<std::string> Promises::grace_passed(const Operation& deletion, KeyId key) const {
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

// gone: nothing that was deleted comes back.
Ruling Promises::gone(const Operation& deletion, KeyId key) const {
  if (const auto reason = grace_passed(deletion, key)) return allowed(*reason);
  return kept(deletion);
}

// converged: all owners equal in the end.
Ruling Promises::converged(const Anomaly& anomaly) const {
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
std::int64_t Promises::holder_deadlines_ns() const { return 4 * to_ns(config_.request_timeout); }

std::int64_t Promises::most_gain_ns() const {
  std::int64_t gain_ns = 0;
  for (NodeId node = 0; node < state_.nodes(); ++node) {
    gain_ns = std::max(gain_ns, faults_.clock_gain_ns(node));
  }
  return gain_ns;
}

// Whether a hint window for an owner may have been over: an outage lasts from the first trouble
// until the holder's last hint is delivered, however long its throttle makes that take.
bool Promises::window_had_passed(const Operation& write) const {
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
std::optional<std::string> Promises::lacks_hints(const Operation& write) const {
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
  if (write.node != kNoNode && (faults_.was_stopped(write.node, write.invoked_ns, last_ns) ||
                                faults_.was("disk", write.node, write.invoked_ns, last_ns))) {
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
std::optional<std::string> Promises::lacks_hints(KeyId key, OperationIndex subject) const {
  if (config_.hint_holder == node::HintHolder::none) {
    return "there are no hints";
  }
  // The count of refusals ends with its process.
  const bool may_have_refused = has_caps() && faults_.last_end_ns() > 0;
  if (refused_other_ || may_have_refused) {
    return "hints were refused, or may have been";
  }
  if (dropped_) return "hints were dropped";
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

// bounded: the ledger is exact, and hints stay within their limits.
Ruling Promises::bounded(const Anomaly& anomaly) const {
  if (anomaly.kind == AnomalyClass::unaccounted_hint) {
    if (const auto reason = forgotten(operation(anomaly.operation))) return allowed(*reason);
  }
  const bool by_age =
      anomaly.kind == AnomalyClass::early_expiry || anomaly.kind == AnomalyClass::unaccounted_hint;
  if (by_age && expired_.contains(anomaly.node) &&
      faults_.end_ns() + faults_.clock_gain_ns(anomaly.node) >= to_ns(config_.hint_max_age) &&
      faults_.clock_gain_ns(anomaly.node) > 0) {
    return allowed("the clock of " + node_name(anomaly.node) + " was set ahead");
  }
  if (anomaly.kind == AnomalyClass::over_age &&
      faults_.clock_gain_ns(anomaly.node) >= anomaly.amount * 1000) {
    return allowed("the clock of " + node_name(anomaly.node) + " was set ahead");
  }
  // The window and ages follow the wall clock forward, and stand still while it is behind.
  const bool by_clock = (anomaly.kind == AnomalyClass::forbidden_hint && !facts_.hints_off) ||
                        anomaly.kind == AnomalyClass::younger_hint;
  const std::int64_t least_ns = anomaly.kind == AnomalyClass::younger_hint ? anomaly.amount : 1;
  if (by_clock && faults_.clock_gain_ns(anomaly.node) >= least_ns) {
    return allowed("the clock of " + node_name(anomaly.node) + " was set back");
  }
  return broken(bound_of(anomaly.kind));
}

bool Promises::has_caps() const {
  return config_.hint_max_count != 0 || config_.hint_max_bytes != 0 ||
         config_.hint_max_count_per_destination != 0 || config_.hint_max_bytes_per_destination != 0;
}

}  // namespace holdfast::harness
