#include "checkers/purge.h"

#include <algorithm>
#include <limits>

namespace holdfast::checkers {

Purge::Purge(const Inputs& inputs, const WriteIndex& writes) : inputs_(inputs), writes_(writes) {
  for (NodeId node = 0; node < inputs.final_state.nodes(); ++node) {
    gain_ = std::max(gain_, clock_gain(inputs.faults, node, inputs.final_state.at_ns()));
  }
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
