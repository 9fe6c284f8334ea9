#include "nemesis/partition.h"
#include "nemesis/types.h"

namespace holdfast::nemesis {
namespace {

LinkQuality quality_of(const PlannedFault& planned) {
  const FaultType& type = *find_fault_type("link");
  const auto number = [&](std::string_view name) { return number_parameter(type, planned, name); };
  LinkQuality quality;
  quality.delay = std::chrono::milliseconds(number("delay_ms"));
  quality.jitter = std::chrono::milliseconds(number("jitter_ms"));
  quality.loss_per_mille = static_cast<std::uint32_t>(number("loss_per_mille"));
  quality.duplicate_per_mille = static_cast<std::uint32_t>(number("duplicate_per_mille"));
  quality.reorder_per_mille = static_cast<std::uint32_t>(number("reorder_per_mille"));
  quality.corrupt_per_mille = static_cast<std::uint32_t>(number("corrupt_per_mille"));
  quality.bytes_per_second = static_cast<std::uint64_t>(number("bytes_per_second"));
  return quality;
}

void draw_link(PlannedFault& planned, Random& random) {
  const auto set = [&](const char* name, std::int64_t most) {
    planned.parameters[name] = std::to_string(random.between(0, most));
  };
  set("delay_ms", 200);
  set("jitter_ms", 200);
  set("loss_per_mille", 300);
  set("duplicate_per_mille", 200);
  set("reorder_per_mille", 300);
  if (random.chance(1, 3)) set("corrupt_per_mille", 100);
  if (random.chance(1, 4)) {
    planned.parameters["bytes_per_second"] = std::to_string(random.between(20'000, 2'000'000));
  }
}

}  // namespace

std::vector<Direction> link_directions(const PlannedFault& planned,
                                       const std::vector<NodeId>& nodes, std::uint16_t size) {
  const std::string_view direction = parameter(*find_fault_type("link"), planned, "direction");
  std::vector<bool> out(std::size_t{size} * size);
  for (NodeId inside : nodes) {
    for (NodeId other = 0; other < size; ++other) {
      if (other == inside) continue;
      if (direction != "in") out[std::size_t{inside} * size + other] = true;
      if (direction != "out") out[std::size_t{other} * size + inside] = true;
    }
  }
  std::vector<Direction> directions;
  for (NodeId from = 0; from < size; ++from) {
    for (NodeId to = 0; to < size; ++to) {
      if (out[std::size_t{from} * size + to]) directions.emplace_back(from, to);
    }
  }
  return directions;
}

FaultType link_type() {
  FaultType type(
      "link", "links of the nodes delay, lose, duplicate, reorder or corrupt messages, or are slow",
      [](const PlannedFault&) {
        return checkers::FaultEffects{.traffic = checkers::FaultEffects::Traffic::degraded};
      });
  type.parameters = {
      {"direction", "both|out|in", "both", "which way, seen from the nodes"},
      {"delay_ms", "integer", "0", "added to every message"},
      {"jitter_ms", "integer", "0", "random, added up to this"},
      {"loss_per_mille", "integer", "0", "messages lost of a thousand"},
      {"duplicate_per_mille", "integer", "0", "messages that come twice"},
      {"reorder_per_mille", "integer", "0", "messages that overtake"},
      {"corrupt_per_mille", "integer", "0", "messages with a flipped bit, which a checksum finds"},
      {"bytes_per_second", "integer", "0",
       "what the link carries; what has to wait for 200 ms is lost; 0: no limit"}};
  type.directions = link_directions;
  type.needs = [](const PlannedFault&) { return std::vector{FaultKind::link}; };
  type.begin = [](const PlannedFault& planned, const std::vector<NodeId>& nodes, Effects& effects) {
    for (const auto& [from, to] : link_directions(planned, nodes, effects.nodes())) {
      effects.hold_link(from, to, quality_of(planned));
    }
  };
  type.end = [](const PlannedFault& planned, const std::vector<NodeId>& nodes, Effects& effects) {
    for (const auto& [from, to] : link_directions(planned, nodes, effects.nodes())) {
      effects.release_link(from, to, quality_of(planned));
    }
  };
  type.draw = draw_link;
  return type;
}

}  // namespace holdfast::nemesis
