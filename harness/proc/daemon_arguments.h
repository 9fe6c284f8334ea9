// What a daemon is told of its cluster at its start. Its host adds what it gives it.
#pragma once

#include <string>
#include <vector>

#include "harness/proc/place.h"
#include "node/base/ids.h"
#include "node/core/config.h"

namespace holdfast::harness {

struct DaemonSetup {
  NodeId node = 0;
  std::vector<NodeAddress> addresses;  // by node
  const node::Config* config = nullptr;
};

std::vector<std::string> daemon_arguments(const DaemonSetup& setup);

}  // namespace holdfast::harness
