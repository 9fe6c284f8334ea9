// bounded: the ledger is exact, and hints stay within their limits.
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

bool PromiseTable::has_caps() const {
  return config_.hint_max_count != 0 || config_.hint_max_bytes != 0 ||
         config_.hint_max_count_per_destination != 0 || config_.hint_max_bytes_per_destination != 0;
}

}  // namespace holdfast::harness
