// Asks every node that can answer for its status.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "harness/cluster.h"

namespace holdfast::harness {

// A node's answer, of some time from asked_ns to at_ns, on the history's clock.
struct TimedStatus : node::StatusReply {
  std::int64_t asked_ns = 0;
  std::int64_t at_ns = 0;
};

// By node; nothing for one that is down, paused or did not answer.
using Statuses = std::vector<std::optional<TimedStatus>>;

// `done` is called once, later.
void poll_status(Cluster& cluster, std::function<void(Statuses)> done);

std::uint64_t pending_hints(const Statuses& statuses);

}  // namespace holdfast::harness
