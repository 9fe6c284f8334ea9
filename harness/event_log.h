// The nodes' event logs of a run, on the history's clock, for autopsies.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "checkers/fault_record.h"
#include "checkers/history.h"
#include "harness/cluster.h"
#include "harness/promises/promises.h"
#include "node/base/result.h"

namespace holdfast::harness {

using EventLogs = std::vector<std::vector<PromiseInputs::NodeEvent>>;

// Takes every node's events from the cluster. The wall time of the history's zero is estimated
// from the versions of the first writes, to about the latency of a write; what faults did to a
// node's clock is taken off.
EventLogs take_event_logs(Cluster& cluster, const checkers::History& history,
                          std::span<const checkers::FaultRecord> faults);

// Writes <folder>/<node>/events.jsonl.
Result<> write_event_logs(const std::string& folder, const EventLogs& logs);
// Reads them back. What is not there, or cut off, explains nothing: it is left out.
EventLogs read_event_logs(const std::string& folder, std::uint16_t nodes);

}  // namespace holdfast::harness
