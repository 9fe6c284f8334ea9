#include "harness/promises/promise_table.h"

#include <algorithm>

namespace holdfast::harness {

using checkers::Anomaly;
using checkers::AnomalyClass;

PromiseTable::PromiseTable(const PromiseInputs& inputs)
    : inputs_(inputs),
      config_(inputs.config),
      facts_(inputs.observed.facts),
      history_(inputs.observed.history),
      state_(inputs.observed.final_state),
      writes_(inputs.observed.history),
      faults_(inputs.observed.faults, state_.at_ns()) {
  for (const checkers::NodeStatus& status : state_.statuses()) {
    expired_.insert(status.expired > 0 ? status.node : kNoNode);
    hinted_ = hinted_ || status.created > 0;
    refused_window_ = refused_window_ || status.refused_window > 0;
  }
  cap_reached_ = may_have_reached_cap();
  if (facts_.drain_waits_for.empty()) return;
  const auto mutations = state_.mutations();
  for (const checkers::FinalHint& hint : state_.hints()) {
    const checkers::Mutation& mutation = mutations[hint.mutation];
    Version& newest = waiting_[{mutation.key, hint.destination}];
    newest = std::max(newest, mutation.row.version);
  }
}

Ruling PromiseTable::rule(const Anomaly& anomaly) const {
  const auto changes = [](const checkers::FaultEffects& effects) {
    return effects.changes_settings;
  };
  const bool by_settings =
      anomaly.kind == AnomalyClass::late_convergence || anomaly.kind == AnomalyClass::undrained;
  if (by_settings && faults_.ever(changes)) {
    return allowed("an operator changed settings while the run went on");
  }
  switch (anomaly.kind) {
    case AnomalyClass::lost:
      return kept(operation(anomaly.operation));
    case AnomalyClass::stranded:
      return is_owed_to_the_drain(anomaly) ? owed() : handed_off(anomaly);
    case AnomalyClass::discarded:
      return ordered(anomaly);
    case AnomalyClass::under_replicated:
    case AnomalyClass::diverged:
      return is_owed_to_the_drain(anomaly) ? owed() : converged(anomaly);
    case AnomalyClass::late_convergence:
      if (!inputs_.virtual_time) return allowed("in real time a slow machine takes longer");
      return broken("every fault had ended, and the bound follows from backlog and periods");
    case AnomalyClass::undrained:
      return handed_off(anomaly);
    case AnomalyClass::not_silent:
      if (was_purging()) return allowed("tombstones were being purged meanwhile");
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
    case AnomalyClass::repeated_delivery:
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
Ruling PromiseTable::final() const {
  return broken("this may never happen, whatever the configuration");
}

}  // namespace holdfast::harness
