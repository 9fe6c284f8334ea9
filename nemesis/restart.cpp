#include "nemesis/types.h"

namespace holdfast::nemesis {

FaultType restart_type() {
  FaultType type("restart", "the process dies and starts again at once", [](const PlannedFault&) {
    return checkers::FaultEffects{.stop = checkers::FaultEffects::Stop::dies};
  });
  type.needs = [](const PlannedFault&) { return std::vector{FaultKind::kill, FaultKind::restart}; };
  type.begin = [](const PlannedFault&, const std::vector<NodeId>& nodes, Effects& effects) {
    for (NodeId node : nodes) effects.bounce(node);
  };
  type.over_at_once = true;
  type.end = [](const PlannedFault&, const std::vector<NodeId>&, Effects&) {};
  return type;
}

}  // namespace holdfast::nemesis
