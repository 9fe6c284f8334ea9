// How many hints waited in the course of a run, from the nodes' event logs: every change, not only
// those that a sample happened to see.
#pragma once

#include <span>
#include <vector>

#include "checkers/final_state.h"
#include "harness/event_log.h"
#include "harness/evidence.h"

namespace holdfast::harness {

// One entry for each millisecond in which it changed, or fewer: of many, those with the most hints,
// and the last. What a store forgot with its power, or its disk, is put right by the node's
// status after it started again. Empty if there are no events.
std::vector<RunFigures::Sample> hints_over_time(const EventLogs& events,
                                                std::span<const checkers::NodeStatus> statuses);

}  // namespace holdfast::harness
