// The packets under way on one shaped direction of a link, each with the time at which it leaves.
// Knows no clock and no socket.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "nemesis/linux/packet_fate.h"
#include "node/base/ids.h"

namespace holdfast::nemesis {

// Counts packets. What came in has been lost, overflowed, or has left or will (twice if
// duplicated).
struct LinkCounts {
  std::uint64_t packets = 0;  // that came in
  std::uint64_t bytes = 0;
  std::uint64_t lost = 0;
  std::uint64_t duplicated = 0;
  std::uint64_t overtook = 0;
  std::uint64_t corrupted = 0;
  std::uint64_t overflowed = 0;  // dropped for want of room, here or in the kernel
};

class DelayLine {
 public:
  using Packet = std::vector<std::uint8_t>;  // an Ethernet frame
  // A router's room before a slow link, as time; and a bound of memory.
  static constexpr std::int64_t kMostBacklogNs = 200'000'000;
  static constexpr std::size_t kMostBytes = 16u << 20;

  DelayLine(std::uint64_t seed, NodeId from, NodeId to) : seed_(seed), from_(from), to_(to) {}

  // For packets that come from now on. Those under way keep their time, and their order.
  void set_shape(const LinkQuality& shape) { shape_ = shape; }
  // A packet comes in at `now_ns`, on a clock that never goes back.
  void accept(std::int64_t now_ns, std::span<const std::uint8_t> frame);
  void count_overflow(std::uint64_t packets) { counts_.overflowed += packets; }

  // Moves up to `most` packets that are due to the end of `out`.
  void take_due(std::int64_t now_ns, std::size_t most, std::vector<Packet>& out);
  // When the next packet is due; nothing if none is under way.
  std::optional<std::int64_t> next_due_ns() const;

  const LinkCounts& counts() const { return counts_; }

 private:
  struct Waiting {
    std::int64_t due_ns;
    Packet packet;
  };
  using Queue = std::deque<Waiting>;  // in order of time

  void put(Queue& queue, std::int64_t due_ns, Packet packet);
  // Takes the time that the packet needs on the wire; nothing if there is no room to wait.
  std::optional<std::int64_t> transmit(std::int64_t now_ns, std::size_t bytes);

  std::uint64_t seed_;
  NodeId from_;
  NodeId to_;
  LinkQuality shape_;
  Queue delayed_;
  Queue overtaking_;
  std::size_t bytes_ = 0;     // in both
  std::int64_t free_ns_ = 0;  // when the wire is free again
  LinkCounts counts_;
};

}  // namespace holdfast::nemesis
