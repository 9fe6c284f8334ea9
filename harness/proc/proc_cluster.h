// A real cluster: the nodes are processes with TCP and real disks, in a place: on the loopback
// interface, each in a network namespace of its own, or on hosts reached by ssh.
//
// One thread, one event loop. The clock of the history is the machine's monotonic clock plus the
// time that was skipped: while no request is under way and nothing is to be done for more than a
// second, the wall clocks of all nodes jump to the next thing to do. Whatever ends the harness ends
// the nodes. supports() refuses what the place of the nodes cannot do, before a test starts.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "harness/cluster.h"
#include "harness/proc/janitor.h"
#include "harness/proc/place.h"
#include "node/base/result.h"
#include "node/core/config.h"

namespace holdfast::harness {

struct ProcOptions {
  std::uint16_t nodes = 5;
  node::Config config;
  std::uint64_t seed = 1;              // of what links and disks do
  std::filesystem::path folder;        // nodes/<node>/ is made below it
  std::filesystem::path node_program;  // empty: holdfast-node beside the running program
  bool keep_data = false;              // stop() leaves the nodes' disks
  const Janitor* janitor = nullptr;    // if set, minds what stop() would remove
};

class ProcCluster : public Cluster {
 public:
  // REQUIRES, both: start() has been called.
  virtual NodeAddress address(NodeId node) const = 0;
  // What clients of the nodes must show (redis-cli -a); empty: nothing.
  virtual std::string secret() const = 0;
  // The command that runs another one in the node's network; empty where none is needed.
  virtual std::string enter_command(NodeId node) const = 0;
};

// REQUIRES: node::validate(config, nodes) is ok. Nothing is started or written yet.
std::unique_ptr<ProcCluster> make_proc_cluster(ProcOptions options,
                                               std::unique_ptr<Place> place = make_loopback());

}  // namespace holdfast::harness
