// bounded: the ledger is exact, and hints stay within their limits.
#include <map>
#include <utility>
#include <vector>

#include "checkers/hint_ledger.h"
#include "harness/promises/promise_table.h"

namespace holdfast::harness {

using checkers::Anomaly;
using checkers::AnomalyClass;

namespace {

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
    case AnomalyClass::repeated_delivery:
      return "an interruption repeats what was under way, and no more";
    default:
      return "created = delivered + expired + dropped + quarantined + pending, always";
  }
}

}  // namespace

// bounded: the ledger is exact, and hints stay within their limits.
Ruling PromiseTable::bounded(const Anomaly& anomaly) const {
  if (anomaly.kind == AnomalyClass::unaccounted_hint) {
    if (const auto reason = forgotten(operation(anomaly.operation))) return allowed(*reason);
  }
  const bool accounts = anomaly.kind == AnomalyClass::ledger_off ||
                        anomaly.kind == AnomalyClass::unaccounted_hint ||
                        anomaly.kind == AnomalyClass::false_delivery;
  const auto changes = [](const checkers::FaultEffects& effects) {
    return effects.changes_settings;
  };
  if (!accounts && faults_.ever(changes)) {
    return allowed("an operator changed settings while the run went on");
  }
  const bool by_age =
      anomaly.kind == AnomalyClass::early_expiry || anomaly.kind == AnomalyClass::unaccounted_hint;
  if (by_age && expired_.contains(anomaly.node) &&
      faults_.end_ns() + faults_.clock_gain_ns(anomaly.node) >= to_ns(config_.hint_max_age) &&
      faults_.clock_gain_ns(anomaly.node) > 0) {
    return allowed("the clock of " + node_name(anomaly.node) + " was set ahead");
  }
  if (anomaly.kind == AnomalyClass::over_age && anomaly.node == kNoNode && most_gain_ns() > 0) {
    return allowed("a clock was set back, and ages with it");
  }
  if (anomaly.kind == AnomalyClass::over_age &&
      faults_.clock_gain_ns(anomaly.node) + to_ns(checkers::age_slack(facts_)) >=
          anomaly.amount * 1000) {
    return allowed("the clock of " + node_name(anomaly.node) + " was set ahead");
  }
  if (anomaly.kind == AnomalyClass::over_age && !inputs_.virtual_time &&
      anomaly.amount < to_us(std::chrono::minutes(1))) {
    return allowed("in real time a slow machine takes longer");
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

// Whether a cap may have left no room at some time, by what the holders listed: between two
// listings a queue holds at most what it held before and all that was created meanwhile.
bool PromiseTable::may_have_reached_cap() const {
  struct Cap {
    std::uint64_t count, bytes;
  };
  const Cap all{config_.hint_max_count, config_.hint_max_bytes};
  const Cap each{config_.hint_max_count_per_destination, config_.hint_max_bytes_per_destination};
  const auto reaches = [&](const Cap& cap, std::uint64_t count, std::uint64_t bytes,
                           std::uint64_t more) {
    // One more would not fit; of its size only the most is known.
    return (cap.count != 0 && count + more >= cap.count) ||
           (cap.bytes != 0 && bytes + (more + 1) * facts_.hint_bytes_most > cap.bytes);
  };
  if (all.count + all.bytes + each.count + each.bytes == 0) return false;
  std::map<NodeId, const checkers::NodeStatus*> last;
  for (const checkers::NodeStatus* status : state_.statuses_in_order()) {
    const checkers::NodeStatus* const before = std::exchange(last[status->node], status);
    const bool same = before != nullptr && before->store == status->store;
    // A store that went back has forgotten what it created.
    if (same && status->created < before->created) return true;
    const std::uint64_t more = status->created - (same ? before->created : 0);
    std::uint64_t count = 0, bytes = 0;
    for (const checkers::QueueStatus& queue :
         same ? before->queues : std::vector<checkers::QueueStatus>{}) {
      count += queue.count;
      bytes += queue.bytes;
      if (reaches(each, queue.count, queue.bytes, more)) return true;
    }
    if (reaches(each, 0, 0, more) || reaches(all, count, bytes, more)) return true;
    // What a wipe or a power loss took away was never listed.
    if (!same && before != nullptr) return true;
  }
  return false;
}

// Whether anything but a window may have refused hints: a cap, an operator, a store that failed.
bool PromiseTable::may_refuse_hints() const {
  return cap_reached_ || faults_.ever([](const checkers::FaultEffects& effects) {
    return effects.pauses_accepting || effects.refuses;
  });
}

}  // namespace holdfast::harness
