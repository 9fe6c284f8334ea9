// Asks every node that can answer for its status.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "harness/cluster.h"

namespace holdfast::harness {

// By node; nothing for one that is down, paused or did not answer.
using Statuses = std::vector<std::optional<node::StatusReply>>;

// `done` is called once, later.
void poll_status(Cluster& cluster, std::function<void(Statuses)> done);

std::uint64_t pending_hints(const Statuses& statuses);

}  // namespace holdfast::harness
