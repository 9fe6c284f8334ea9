// Which directions of which links a partition or a link fault concerns.
#pragma once

#include <cstdint>
#include <vector>

#include "nemesis/faults.h"
#include "nemesis/schedule.h"
#include "node/base/ids.h"

namespace holdfast::nemesis {

// REQUIRES: planned.fault is "partition"; `nodes` is its spec, resolved.
std::vector<Direction> cut_directions(const PlannedFault& planned, const std::vector<NodeId>& nodes,
                                      std::uint16_t size);
// REQUIRES: planned.fault is "link".
std::vector<Direction> link_directions(const PlannedFault& planned,
                                       const std::vector<NodeId>& nodes, std::uint16_t size);

}  // namespace holdfast::nemesis
