#include "nemesis/types.h"

namespace holdfast::nemesis {

FaultType power_loss_type() {
  FaultType type(
      "power-loss",
      "the process dies and what was not synced may be lost; it starts again after the given time",
      [](const PlannedFault&) {
        return checkers::FaultEffects{.stop = checkers::FaultEffects::Stop::dies,
                                      .loss = checkers::FaultEffects::Loss::unsynced};
      });
  type.needs = [](const PlannedFault&) {
    return std::vector{FaultKind::power_loss, FaultKind::restart};
  };
  type.begin = [](const PlannedFault&, const std::vector<NodeId>& nodes, Effects& effects) {
    for (NodeId node : nodes) effects.hold_down(node, FaultKind::power_loss);
  };
  type.end = [](const PlannedFault&, const std::vector<NodeId>& nodes, Effects& effects) {
    for (NodeId node : nodes) effects.release_down(node);
  };
  return type;
}

}  // namespace holdfast::nemesis
