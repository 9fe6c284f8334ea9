#include "nemesis/linux/link_shape.h"

#include "node/base/random.h"

namespace holdfast::nemesis {

PacketFate fate_of(std::uint64_t seed, NodeId from, NodeId to, std::uint64_t packet,
                   const LinkShape& shape) {
  // Six draws, always, in this order.
  Random random(derive_seed(seed, "link", from, to, packet));
  const std::uint64_t jitter = random.next();
  PacketFate fate;
  fate.lost = random.chance(shape.loss_per_mille, 1000);
  fate.duplicated = random.chance(shape.duplicate_per_mille, 1000);
  fate.overtakes = random.chance(shape.reorder_per_mille, 1000);
  fate.corrupted = random.chance(shape.corrupt_per_mille, 1000);
  fate.bit = random.next();
  fate.delay = shape.delay;
  if (shape.jitter.count() > 0) {
    fate.delay += Duration(jitter % (static_cast<std::uint64_t>(shape.jitter.count()) + 1));
  }
  return fate;
}

}  // namespace holdfast::nemesis
