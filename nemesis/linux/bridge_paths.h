// Paths of packets between the nodes of a Network: packet sockets at the ports of its bridge.
#pragma once

#include <map>

#include "nemesis/linux/diversion.h"
#include "nemesis/linux/network.h"
#include "nemesis/linux/packet_path.h"
#include "nemesis/linux/shaper.h"

namespace holdfast::nemesis {

// While a node's outgoing links have paths of their own its interface sends packets of at most 1514
// bytes with checksums, so that a packet is what a wire would carry.
class BridgePaths final : public PacketPaths {
 public:
  // An error if this machine cannot shape links; leaves nothing. Inside the sandbox.
  static Result<> try_out();
  // A shaper of the network's links. Inside the sandbox. `network` must outlive it.
  static Result<std::unique_ptr<Shaper>> make_shaper(const Network& network, std::uint64_t seed);

  Result<std::unique_ptr<PacketPath>> open(NodeId from, NodeId to) override;
  Result<> begin(NodeId from, NodeId to) override;
  Result<> end(NodeId from, NodeId to) override;

 private:
  BridgePaths(const Network& network, Diversion diversion)
      : network_(network), diversion_(std::move(diversion)) {}

  const Network& network_;
  Diversion diversion_;
  std::map<NodeId, int> begun_;  // how many, by source
};

}  // namespace holdfast::nemesis
