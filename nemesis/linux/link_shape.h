// The quality of one direction of a link, and what it does to the n-th packet: data and arithmetic.
#pragma once

#include <cstdint>

#include "nemesis/faults.h"
#include "node/base/ids.h"
#include "node/base/time.h"

namespace holdfast::nemesis {

// What packets have that messages in a simulator do not.
struct LinkShape : LinkQuality {
  std::uint32_t corrupt_per_mille = 0;  // one bit flips; the receiver's checksum finds it
  std::uint64_t bytes_per_second = 0;   // 0: no limit

  bool operator==(const LinkShape&) const = default;
};

struct PacketFate {
  bool lost = false;
  bool duplicated = false;
  bool overtakes = false;  // goes without the delay, before those that wait
  bool corrupted = false;
  std::uint64_t bit = 0;  // to flip, modulo what there is
  Duration delay{0};      // with jitter

  bool operator==(const PacketFate&) const = default;
};

// The same for the same arguments, always. One setting of the shape never moves another's draws.
PacketFate fate_of(std::uint64_t seed, NodeId from, NodeId to, std::uint64_t packet,
                   const LinkShape& shape);

}  // namespace holdfast::nemesis
