#include "harness/absence.h"

#include <map>

namespace holdfast::harness {

std::uint64_t count_missed_writes(const checkers::History& history,
                                  const checkers::FinalState& state,
                                  std::span<const checkers::FaultRecord> faults) {
  std::uint64_t missed = 0;
  for (const checkers::Operation& operation : history.operations) {
    if (!operation.is_write() || operation.outcome != checkers::Outcome::ok) continue;
    for (NodeId owner : state.owners(operation.key)) {
      for (const checkers::FaultRecord& fault : faults) {
        const bool away = fault.at_ns <= operation.invoked_ns &&
                          fault.until_ns >= operation.completed_ns && fault.stops_nodes() &&
                          fault.hits(owner);
        if (!away) continue;
        ++missed;
        break;
      }
    }
  }
  return missed;
}

std::uint64_t count_delivered(const checkers::FinalState& state) {
  std::map<NodeId, std::uint64_t> last;
  for (const checkers::NodeStatus& status : state.statuses()) last[status.node] = status.delivered;
  std::uint64_t delivered = 0;
  for (const auto& [node, count] : last) delivered += count;
  return delivered;
}

}  // namespace holdfast::harness
