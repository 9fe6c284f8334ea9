// Where the nodes of a real cluster live: their addresses, and what can be done to the links
// between them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "nemesis/faults.h"
#include "nemesis/linux/sandbox.h"
#include "node/base/ids.h"
#include "node/base/result.h"

namespace holdfast::harness {

// Where a node listens.
struct NodeAddress {
  std::string ip;            // IPv4, dotted
  std::uint16_t client = 0;  // RESP
  std::uint16_t peer = 0;
  std::uint16_t http = 0;  // /metrics, /status
};

class Place {
 public:
  virtual ~Place() = default;

  virtual Result<> prepare(std::uint16_t nodes) = 0;
  // What follows REQUIRES prepare().
  virtual NodeAddress address(NodeId node) const = 0;
  // The network namespace that the node's process enters; -1: the harness's own.
  virtual int network_fd(NodeId node) const = 0;
  // The command that runs another one where the node is; empty where none is needed.
  virtual std::string enter_command(NodeId node) const = 0;

  // What can be done to links: partition, link. Asked before prepare() too.
  virtual bool supports(nemesis::FaultKind kind) const = 0;
  virtual Result<> cut(const std::vector<nemesis::Direction>& directions) = 0;
  virtual Result<> mend(const std::vector<nemesis::Direction>& directions) = 0;
  // How many packets cuts of this direction have dropped since the start.
  virtual Result<std::uint64_t> dropped(NodeId from, NodeId to) const = 0;
  virtual Result<> set_link(NodeId from, NodeId to, const nemesis::LinkQuality& quality) = 0;
};

// Every node on 127.0.0.1, on ports of its own. Links are what they are.
std::unique_ptr<Place> make_loopback();
// Each node in a network namespace of its own. The seed decides the fate of packets on links.
std::unique_ptr<Place> make_namespaces(nemesis::Sandbox sandbox, std::uint64_t seed);

}  // namespace holdfast::harness
