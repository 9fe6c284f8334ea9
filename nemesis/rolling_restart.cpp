// Every node in turn is stopped and started again, as for an upgrade.

#include "nemesis/types.h"

namespace holdfast::nemesis {
namespace {

constexpr Duration kDown = std::chrono::seconds(1);

std::string_view how_of(const PlannedFault& planned) {
  return parameter(*find_fault_type("rolling-restart"), planned, "how");
}

void find_turns(const PlannedFault& planned, ClusterView& view, Random random,
                FaultType::Found found) {
  resolve(planned.on, view, random, [planned, found](const std::vector<NodeId>& nodes) {
    const FaultType& type = *find_fault_type("rolling-restart");
    const Duration gap = std::chrono::milliseconds(number_parameter(type, planned, "gap_ms"));
    std::vector<PlannedFault> turns;
    for (const NodeId node : nodes) {
      PlannedFault turn;
      turn.at = static_cast<std::int64_t>(turns.size()) * gap;
      turn.fault = how_of(planned);
      turn.on = spec_of({node});
      turn.length = planned.length.value_or(kDown);
      turns.push_back(std::move(turn));
    }
    found(std::move(turns));
  });
}

}  // namespace

FaultType rolling_restart_type() {
  FaultType type(
      "rolling-restart",
      "each of the nodes in its turn ends and starts again, after 1 s if no time is given",
      [](const PlannedFault& planned) {
        PlannedFault turn;
        turn.fault = how_of(planned);
        return find_fault_type(turn.fault)->effects(turn);
      });
  type.parameters = {{"how", "stop|kill|power-loss", "stop", "what happens to each node"},
                     {"gap_ms", "integer", "5000", "from one node's turn to the next one's"}};
  type.needs = [](const PlannedFault& planned) {
    PlannedFault turn;
    turn.fault = how_of(planned);
    return find_fault_type(turn.fault)->needs(turn);
  };
  type.find = find_turns;
  type.only_if_named = true;
  return type;
}

}  // namespace holdfast::nemesis
