// What a daemon is told at its start.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/proc/place.h"
#include "node/base/ids.h"
#include "node/core/config.h"

namespace holdfast::harness {

struct DaemonSetup {
  NodeId node = 0;
  std::vector<NodeAddress> addresses;  // by node
  std::filesystem::path folder;        // of this node: kEventLog, data/
  int clock_fd = -1;                   // a ClockPage
  int disk_fd = -1;                    // a DiskPage
  const node::Config* config = nullptr;
};

// Its standard input is the lifeline: the end of it means that the harness is gone.
std::vector<std::string> daemon_arguments(const DaemonSetup& setup);

}  // namespace holdfast::harness
