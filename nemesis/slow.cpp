#include "nemesis/types.h"

namespace holdfast::nemesis {
namespace {

Duration stall_of(const PlannedFault& planned) {
  return std::chrono::milliseconds(number_parameter(*find_fault_type("slow"), planned, "stall_ms"));
}

}  // namespace

FaultType slow_type() {
  FaultType type("slow", "the node stalls again and again, as on an overloaded machine",
                 [](const PlannedFault&) { return checkers::FaultEffects{.slows = true}; });
  type.parameters = {{"stall_ms", "integer", "100", "how much longer each turn of its loop takes"}};
  type.needs = [](const PlannedFault&) { return std::vector{FaultKind::slow}; };
  type.begin = [](const PlannedFault& planned, const std::vector<NodeId>& nodes, Effects& effects) {
    for (NodeId node : nodes) effects.hold_slow(node, stall_of(planned));
  };
  type.end = [](const PlannedFault& planned, const std::vector<NodeId>& nodes, Effects& effects) {
    for (NodeId node : nodes) effects.release_slow(node, stall_of(planned));
  };
  type.draw = [](PlannedFault& planned, Random& random) {
    planned.parameters["stall_ms"] = std::to_string(std::int64_t{2} << random.below(8));
  };
  return type;
}

}  // namespace holdfast::nemesis
