// The packets of one direction of a link, off the kernel's path: where they come from and where
// they go on. And what leads them there: on a bridge between namespaces (bridge_paths.h), or on a
// host of its own (tunnel_paths.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "node/base/ids.h"
#include "node/base/result.h"

namespace holdfast::nemesis {

class PacketPath {
 public:
  virtual ~PacketPath() = default;

  // Readable while there are packets.
  virtual int fd() const = 0;
  // Hands up to `most` packets to `take`; returns how many there were.
  virtual std::size_t receive(std::size_t most,
                              const std::function<void(std::span<const std::uint8_t>)>& take) = 0;
  // Returns how many the kernel did not take.
  virtual std::size_t send(std::span<const std::vector<std::uint8_t>> packets) = 0;
  // How many the kernel had no room for, since the last call.
  virtual std::size_t take_drops() = 0;
};

class PacketPaths {
 public:
  virtual ~PacketPaths() = default;

  // Ready to carry; nothing comes yet.
  virtual Result<std::unique_ptr<PacketPath>> open(NodeId from, NodeId to) = 0;
  // From here on the direction's packets take its path. REQUIRES: it is open, they do not.
  virtual Result<> begin(NodeId from, NodeId to) = 0;
  // From here on they take the kernel's. REQUIRES: they do not.
  virtual Result<> end(NodeId from, NodeId to) = 0;
};

}  // namespace holdfast::nemesis
