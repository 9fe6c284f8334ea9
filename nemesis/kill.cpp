#include "nemesis/types.h"

namespace holdfast::nemesis {

FaultType kill_type() {
  FaultType type(
      "kill", "the process dies, what was written survives; it starts again after the given time",
      [](const PlannedFault&) {
        return checkers::FaultEffects{.stop = checkers::FaultEffects::Stop::dies};
      });
  type.needs = [](const PlannedFault&) { return std::vector{FaultKind::kill, FaultKind::restart}; };
  type.begin = [](const PlannedFault&, const std::vector<NodeId>& nodes, Effects& effects) {
    for (NodeId node : nodes) effects.hold_down(node, FaultKind::kill);
  };
  type.end = [](const PlannedFault&, const std::vector<NodeId>& nodes, Effects& effects) {
    for (NodeId node : nodes) effects.release_down(node);
  };
  return type;
}

}  // namespace holdfast::nemesis
