// What a link's quality does to its n-th packet: arithmetic.
#pragma once

#include <cstdint>

#include "nemesis/faults.h"
#include "node/base/ids.h"
#include "node/base/time.h"

namespace holdfast::nemesis {

struct PacketFate {
  bool lost = false;
  bool duplicated = false;
  bool overtakes = false;  // goes without the delay, before those that wait
  bool corrupted = false;
  std::uint64_t bit = 0;  // to flip, modulo what there is
  Duration delay{0};      // with jitter

  bool operator==(const PacketFate&) const = default;
};

// The same for the same arguments, always. One setting of the quality never moves another's draws.
PacketFate fate_of(std::uint64_t seed, NodeId from, NodeId to, std::uint64_t packet,
                   const LinkQuality& quality);

}  // namespace holdfast::nemesis
