#include "nemesis/types.h"

namespace holdfast::nemesis {
namespace {

Effects::ClockError error_of(const PlannedFault& planned) {
  const FaultType& type = *find_fault_type("clock");
  return {std::chrono::milliseconds(number_parameter(type, planned, "offset_ms")),
          static_cast<std::int32_t>(number_parameter(type, planned, "drift_ppm"))};
}

}  // namespace

FaultType clock_type() {
  FaultType type(
      "clock", "the wall clock is off, or gains or loses time", [](const PlannedFault& planned) {
        const Effects::ClockError error = error_of(planned);
        return checkers::FaultEffects{
            .moves_clock = true, .clock_offset = error.offset, .drift_ppm = error.drift_ppm};
      });
  type.parameters = {{"offset_ms", "integer", "0", "added to the true time; may be negative"},
                     {"drift_ppm", "integer", "0", "gained: microseconds a second"}};
  type.needs = [](const PlannedFault&) { return std::vector{FaultKind::clock}; };
  type.begin = [](const PlannedFault& planned, const std::vector<NodeId>& nodes, Effects& effects) {
    for (NodeId node : nodes) effects.hold_clock(node, error_of(planned));
  };
  type.end = [](const PlannedFault& planned, const std::vector<NodeId>& nodes, Effects& effects) {
    for (NodeId node : nodes) effects.release_clock(node, error_of(planned));
  };
  type.draw = [](PlannedFault& planned, Random& random) {
    // Mostly a minute; at times so far that timers on a wall clock would stand still for the run.
    const std::int64_t most_ms = random.chance(1, 8) ? 6 * 3'600'000 : 60'000;
    planned.parameters["offset_ms"] = std::to_string(random.between(-most_ms, most_ms));
    planned.parameters["drift_ppm"] = std::to_string(random.between(-500, 500));
  };
  return type;
}

}  // namespace holdfast::nemesis
