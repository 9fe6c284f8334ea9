// Paths of packets from a host of its own to others: a TUN device for each, to which the host's
// route to the other leads, and a raw socket on the true interface. Device and route go with the
// process, however it ends. Needs root on the host.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "nemesis/linux/packet_path.h"

namespace holdfast::nemesis {

class TunnelPaths final : public PacketPaths {
 public:
  // From the node `own` of those addresses, IPv4, dotted. The error says what the host lacks.
  static Result<std::unique_ptr<PacketPaths>> make(NodeId own, std::vector<std::string> addresses);

  // REQUIRES, all: from is this host's node.
  Result<std::unique_ptr<PacketPath>> open(NodeId from, NodeId to) override;
  Result<> begin(NodeId from, NodeId to) override;
  Result<> end(NodeId from, NodeId to) override;

 private:
  TunnelPaths(NodeId own, std::vector<std::string> addresses, std::string interface)
      : own_(own), addresses_(std::move(addresses)), interface_(std::move(interface)) {}

  NodeId own_;
  std::vector<std::string> addresses_;
  std::string interface_;          // that has this host's address
  std::map<NodeId, int> devices_;  // interface numbers, by destination
};

}  // namespace holdfast::nemesis
