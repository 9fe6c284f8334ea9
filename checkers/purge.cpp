#include "checkers/purge.h"

#include <algorithm>
#include <limits>
#include <map>

namespace holdfast::checkers {

Purge::Purge(const Inputs& inputs, const WriteIndex& writes) : inputs_(inputs), writes_(writes) {
  const std::int64_t end_ns = inputs.final_state.at_ns();
  std::map<NodeId, Duration> gains;
  for (const FaultRecord& fault : inputs.faults) {
    if (fault.kind != "clock") continue;
    for (const NodeId node : fault.nodes) {
      gains[node] += fault.furthest_ahead(end_ns) + fault.furthest_behind(end_ns);
    }
  }
  for (const auto& [node, gain] : gains) gain_ = std::max(gain_, gain);
}

bool Purge::is_due(const Operation& operation) const {
  if (!inputs_.facts.tombstone_grace || operation.function != Function::del) return false;
  const std::int64_t age_us = (inputs_.final_state.at_ns() - operation.invoked_ns) / 1000;
  return age_us + to_us(gain_) > to_us(*inputs_.facts.tombstone_grace);
}

Purge::OfKey Purge::of_key(KeyId key) const {
  OfKey purged;
  if (!inputs_.facts.tombstone_grace) return purged;
  for (const OperationIndex index : writes_.writes_of(key)) {
    const Operation& operation = inputs_.history.operations[index];
    if (operation.outcome == Outcome::fail || !is_due(operation)) continue;
    Version version = operation.version;
    if (!version.is_set()) version.clock_us = std::numeric_limits<std::int64_t>::max();
    if (version > purged.newest) purged.newest = version;
  }
  return purged;
}

}  // namespace holdfast::checkers
