#include "nemesis/linux/packet_fate.h"

#include "node/base/random.h"

namespace holdfast::nemesis {

PacketFate fate_of(std::uint64_t seed, NodeId from, NodeId to, std::uint64_t packet,
                   const LinkQuality& quality) {
  // Six draws, always, in this order.
  Random random(derive_seed(seed, "link", from, to, packet));
  const std::uint64_t jitter = random.next();
  PacketFate fate;
  fate.lost = random.chance(quality.loss_per_mille, 1000);
  fate.duplicated = random.chance(quality.duplicate_per_mille, 1000);
  fate.overtakes = random.chance(quality.reorder_per_mille, 1000);
  fate.corrupted = random.chance(quality.corrupt_per_mille, 1000);
  fate.bit = random.next();
  fate.delay = quality.delay;
  if (quality.jitter.count() > 0) {
    fate.delay += Duration(jitter % (static_cast<std::uint64_t>(quality.jitter.count()) + 1));
  }
  return fate;
}

}  // namespace holdfast::nemesis
