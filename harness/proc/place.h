// Where the nodes of a real cluster live: their hosts, their addresses, what can be done to the
// links between them, and to their clocks and disks.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "harness/cluster.h"
#include "harness/proc/host.h"
#include "harness/proc/janitor.h"
#include "nemesis/faults.h"
#include "nemesis/linux/sandbox.h"
#include "node/base/disk_page.h"
#include "node/base/ids.h"
#include "node/base/result.h"
#include "node/base/time.h"

namespace boost::asio {
class io_context;
}

namespace holdfast::harness {

// Where a node listens.
struct NodeAddress {
  std::string ip;            // IPv4, dotted
  std::uint16_t client = 0;  // RESP
  std::uint16_t peer = 0;
  std::uint16_t http = 0;  // /metrics, /status
};

struct PlaceSetup {
  boost::asio::io_context& context;  // must outlive the place
  std::uint16_t nodes = 0;
  std::filesystem::path folder;        // nodes/<node>/ is made below it
  std::filesystem::path node_program;  // holdfast-node
  bool keep_data = false;
  const Janitor* janitor = nullptr;  // if set, minds what Host::clean_up() would remove
};

class Place {
 public:
  virtual ~Place() = default;

  virtual Result<> prepare(const PlaceSetup& setup) = 0;
  // What follows REQUIRES prepare().
  virtual Host& host(NodeId node) = 0;
  virtual NodeAddress address(NodeId node) const = 0;
  // What clients and peers of the nodes must show; empty: nothing.
  virtual std::string secret() const { return ""; }
  // The command that runs another one where the node is; empty where none is needed.
  virtual std::string enter_command(NodeId node) const = 0;

  // What can be done to links: partition, link. Asked before prepare() too.
  virtual bool supports(nemesis::FaultKind kind) const = 0;
  // As of nemesis::Faults.
  virtual std::string why_unsupported(nemesis::FaultKind) const { return ""; }
  virtual Result<> cut(const std::vector<nemesis::Direction>& directions) = 0;
  virtual Result<> mend(const std::vector<nemesis::Direction>& directions) = 0;
  // How many packets cuts of this direction have dropped since the start.
  virtual Result<std::uint64_t> dropped(NodeId from, NodeId to) const = 0;
  virtual Result<> set_link(NodeId from, NodeId to, const nemesis::LinkQuality& quality) = 0;

  // Lets time pass on every node's wall clock.
  virtual Result<> pass(Duration span) = 0;
  virtual Result<> set_clock(NodeId node, Duration offset, std::int32_t drift_ppm) = 0;
  virtual Duration clock_offset(NodeId node) const = 0;
  virtual Duration clock_difference() { return Duration(0); }  // as of Cluster
  virtual Result<> set_disk(NodeId node, DiskMode mode) = 0;

  // The machines that nodes live on, by node; none where that is this one.
  virtual std::vector<Cluster::HostRecord> records() const { return {}; }
};

// Every node on 127.0.0.1, on ports of its own. Links are what they are.
std::unique_ptr<Place> make_loopback();
// Each node in a network namespace of its own. The seed decides the fate of packets on links.
std::unique_ptr<Place> make_namespaces(nemesis::Sandbox sandbox, std::uint64_t seed);

}  // namespace holdfast::harness
