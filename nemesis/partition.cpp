#include "nemesis/partition.h"

#include <algorithm>

#include "nemesis/types.h"

namespace holdfast::nemesis {
namespace {

bool contains(const std::vector<NodeId>& nodes, NodeId node) {
  return std::ranges::find(nodes, node) != nodes.end();
}

// Every node hears the majority of which it is the middle, in the order of `ring`.
std::vector<Direction> ring_of_majorities(const std::vector<NodeId>& ring) {
  std::vector<Direction> cuts;
  const std::size_t size = ring.size();
  const std::size_t after = size / 2 - size / 4;  // half of the others in a majority, rounded up
  const std::size_t before = size / 4;
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t distance = after + 1; distance + before < size; ++distance) {
      cuts.emplace_back(ring[(i + distance) % size], ring[i]);
    }
  }
  return cuts;
}

}  // namespace

std::vector<Direction> cut_directions(const PlannedFault& planned, const std::vector<NodeId>& nodes,
                                      std::uint16_t size) {
  const FaultType& type = *find_fault_type("partition");
  const std::string_view shape = parameter(type, planned, "shape");
  if (shape == "ring") return ring_of_majorities(nodes);
  std::vector<Direction> cuts;
  if (shape == "link" || shape == "link_out") {
    for (std::size_t i = 1; i < nodes.size(); ++i) {
      cuts.emplace_back(nodes[0], nodes[i]);
      if (shape == "link") cuts.emplace_back(nodes[i], nodes[0]);
    }
    return cuts;
  }
  for (NodeId inside : nodes) {
    for (NodeId outside = 0; outside < size; ++outside) {
      if (contains(nodes, outside)) continue;
      if (shape != "in") cuts.emplace_back(inside, outside);
      if (shape != "out") cuts.emplace_back(outside, inside);
    }
  }
  return cuts;
}

FaultType partition_type() {
  FaultType type("partition", "messages between nodes vanish; clients still reach every node",
                 [](const PlannedFault&) {
                   return checkers::FaultEffects{.traffic = checkers::FaultEffects::Traffic::cut};
                 });
  type.parameters = {
      {"shape", "isolate|halves|out|in|ring|link|link_out", "isolate",
       "isolate: the nodes from all others; halves: the same, with a random minority unless nodes "
       "are named; out, in: one way only, from or to the nodes; ring: each node hears a different "
       "majority; link: the first node from the other ones; link_out: its messages to them only"}};
  type.directions = cut_directions;
  type.needs = [](const PlannedFault&) { return std::vector{FaultKind::partition}; };
  type.begin = [](const PlannedFault& planned, const std::vector<NodeId>& nodes, Effects& effects) {
    effects.hold_cuts(cut_directions(planned, nodes, effects.nodes()));
  };
  type.end = [](const PlannedFault& planned, const std::vector<NodeId>& nodes, Effects& effects) {
    effects.release_cuts(cut_directions(planned, nodes, effects.nodes()));
  };
  type.draw = [](PlannedFault& planned, Random& random) {
    constexpr std::string_view kShapes[] = {"isolate", "out", "in", "halves"};
    planned.parameters["shape"] = kShapes[random.below(std::size(kShapes))];
  };
  return type;
}

}  // namespace holdfast::nemesis
