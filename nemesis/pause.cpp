#include "nemesis/types.h"

namespace holdfast::nemesis {

FaultType pause_type() {
  FaultType type("pause", "the process stands still, its sockets stay open",
                 [](const PlannedFault&) {
                   return checkers::FaultEffects{.stop = checkers::FaultEffects::Stop::freezes};
                 });
  type.needs = [](const PlannedFault&) { return std::vector{FaultKind::pause}; };
  type.begin = [](const PlannedFault&, const std::vector<NodeId>& nodes, Effects& effects) {
    for (NodeId node : nodes) effects.hold_paused(node);
  };
  type.end = [](const PlannedFault&, const std::vector<NodeId>& nodes, Effects& effects) {
    for (NodeId node : nodes) effects.release_paused(node);
  };
  return type;
}

}  // namespace holdfast::nemesis
