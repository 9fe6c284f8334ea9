// Packet sockets at the two ends of one direction between nodes: what the source sends to the
// destination is read at the source's port of the bridge, and written into the destination's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "nemesis/linux/descriptor.h"
#include "nemesis/linux/packet_path.h"
#include "node/base/ids.h"
#include "node/base/result.h"

namespace holdfast::nemesis {

class PacketTap final : public PacketPath {
 public:
  static constexpr std::size_t kFrames = 1024;  // that the kernel keeps for us
  static constexpr std::size_t kFrameBytes = 2048;

  // In the sandbox's own network namespace.
  static Result<PacketTap> open(NodeId from, NodeId to);
  ~PacketTap() override;
  PacketTap(PacketTap&& other) noexcept;
  PacketTap& operator=(PacketTap&& other) = delete;

  int fd() const override { return in_.get(); }
  std::size_t receive(std::size_t most,
                      const std::function<void(std::span<const std::uint8_t>)>& take) override;
  std::size_t send(std::span<const std::vector<std::uint8_t>> packets) override;
  std::size_t take_drops() override;

 private:
  PacketTap() = default;

  Descriptor in_;
  Descriptor out_;
  std::uint8_t* ring_ = nullptr;  // kFrames of kFrameBytes, shared with the kernel
  std::size_t next_ = 0;          // the frame that is filled next
};

}  // namespace holdfast::nemesis
