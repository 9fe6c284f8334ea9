#include "nemesis/types.h"

namespace holdfast::nemesis {

FaultType wipe_type() {
  FaultType type("wipe",
                 "the process dies and its disk is emptied; it starts again after the given time",
                 [](const PlannedFault&) {
                   return checkers::FaultEffects{.stop = checkers::FaultEffects::Stop::dies,
                                                 .loss = checkers::FaultEffects::Loss::everything};
                 });
  type.needs = [](const PlannedFault&) {
    return std::vector{FaultKind::kill, FaultKind::restart, FaultKind::wipe};
  };
  type.begin = [](const PlannedFault&, const std::vector<NodeId>& nodes, Effects& effects) {
    for (NodeId node : nodes) effects.hold_down(node, FaultKind::wipe);
  };
  type.end = [](const PlannedFault&, const std::vector<NodeId>& nodes, Effects& effects) {
    for (NodeId node : nodes) effects.release_down(node);
  };
  return type;
}

}  // namespace holdfast::nemesis
