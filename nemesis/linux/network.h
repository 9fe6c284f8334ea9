// The network of a cluster: a bridge in the sandbox, and for each node a network namespace with
// one interface, joined to the bridge by a veth pair. The harness has an address on the bridge.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "nemesis/linux/network_namespace.h"
#include "nemesis/linux/sandbox.h"
#include "node/base/ids.h"
#include "node/base/result.h"

namespace holdfast::nemesis {

using MacAddress = std::array<std::uint8_t, 6>;

class Network {
 public:
  static constexpr std::uint16_t kMostNodes = 250;

  // Makes all of it, links up, addresses set. Inside the sandbox only: what lies in the calling
  // thread's network namespace is removed by the end of that, not by this object.
  static Result<Network> make(std::uint16_t nodes);

  std::uint16_t size() const { return static_cast<std::uint16_t>(namespaces_.size()); }
  // The first of the ranges it knows that overlaps no route of this machine's: "198.18.0.0/24".
  std::string range() const;
  // IPv4, dotted: node n1 has .1 of the range, the harness .254.
  std::string address(NodeId node) const;
  std::string harness_address() const;
  // For a child's initializer: setns(fd, CLONE_NEWNET) there puts the node's process in its place.
  const NetworkNamespace& node_namespace(NodeId node) const { return namespaces_[node]; }

  // The command, for a shell outside the sandbox, that runs another one in the node's network.
  std::string enter_command(const Sandbox& sandbox, NodeId node) const;

  // The node's interface inside, and the end of the pair that the bridge holds, in the sandbox.
  static const char* interface() { return "eth0"; }
  static std::string port(NodeId node) { return node_name(node); }
  static MacAddress mac_address(NodeId node);

 private:
  explicit Network(std::uint32_t first_address) : first_address_(first_address) {}

  std::uint32_t first_address_;  // of the range, host byte order
  std::vector<NetworkNamespace> namespaces_;
};

}  // namespace holdfast::nemesis
