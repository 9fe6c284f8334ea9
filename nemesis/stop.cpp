#include "nemesis/types.h"

namespace holdfast::nemesis {

FaultType stop_type() {
  FaultType type(
      "stop",
      "the process is asked to end (SIGTERM), ends its requests and syncs; it starts again "
      "after the given time",
      [](const PlannedFault&) {
        return checkers::FaultEffects{.stop = checkers::FaultEffects::Stop::ends};
      });
  type.needs = [](const PlannedFault&) { return std::vector{FaultKind::stop, FaultKind::restart}; };
  type.begin = [](const PlannedFault&, const std::vector<NodeId>& nodes, Effects& effects) {
    for (NodeId node : nodes) effects.hold_down(node, FaultKind::stop);
  };
  type.end = [](const PlannedFault&, const std::vector<NodeId>& nodes, Effects& effects) {
    for (NodeId node : nodes) effects.release_down(node);
  };
  return type;
}

}  // namespace holdfast::nemesis
