// The disk page: memory that a harness and its real nodes map, and by which the harness makes the
// nodes' disks fail. Nobody can forge it: only who was given its descriptor can map it, and only
// the harness can write.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "node/base/ids.h"

namespace holdfast {

enum class DiskMode : std::uint8_t {
  works,
  io_error,  // every write and sync fails
  full,      // writes that extend a file fail
  slow_sync  // every sync takes 200 ms longer
};

class DiskPage {
 public:
  static constexpr NodeId kNodes = 256;  // one page holds the disks of nodes below this

  // The writer's side. Memory full of zeros is a page that is not valid yet.
  void start() { magic_ = kMagic; }
  void set(NodeId node, DiskMode mode) { modes_[node] = static_cast<std::uint8_t>(mode); }

  // The readers' side. REQUIRES: is_valid(), node < kNodes.
  bool is_valid() const { return magic_ == kMagic; }
  DiskMode mode(NodeId node) const { return static_cast<DiskMode>(modes_[node].load()); }

 private:
  static constexpr std::uint64_t kMagic = 0x3130'7364'6866'6800;  // layout 1

  std::atomic<std::uint64_t> magic_;
  std::array<std::atomic<std::uint8_t>, kNodes> modes_;
};

}  // namespace holdfast
