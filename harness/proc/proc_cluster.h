// The loopback cluster: the nodes are real processes on 127.0.0.1, with TCP and real disks.
//
// It can kill, pause, restart and wipe nodes; supports() refuses every other fault. One thread, one
// event loop; the clock of the history is the machine's monotonic clock. Whatever ends the harness
// ends the nodes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "harness/cluster.h"
#include "node/base/result.h"
#include "node/core/config.h"

namespace holdfast::harness {

struct ProcOptions {
  std::uint16_t nodes = 5;
  node::Config config;
  std::filesystem::path folder;        // nodes/<node>/ is made below it
  std::filesystem::path node_program;  // empty: holdfast-node beside the running program
  bool keep_data = false;              // stop() leaves the nodes' disks
};

class ProcCluster : public Cluster {
 public:
  struct Ports {
    std::uint16_t client = 0;  // RESP
    std::uint16_t peer = 0;
    std::uint16_t http = 0;  // /metrics, /status
  };
  // REQUIRES: start() has been called.
  virtual Ports ports(NodeId node) const = 0;
};

// REQUIRES: node::validate(config, nodes) is ok. Nothing is started or written yet.
std::unique_ptr<ProcCluster> make_proc_cluster(ProcOptions options);

}  // namespace holdfast::harness
