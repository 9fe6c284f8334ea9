#include "checkers/fault_record.h"

#include <algorithm>

namespace holdfast::checkers {

bool FaultRecord::hits(NodeId node) const {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

std::int64_t FaultRecord::stopped_from_ns() const {
  const bool ends = effects.stop == FaultEffects::Stop::ends;
  return ends ? at_ns + to_us(FaultEffects::kEndsWithin) * 1000 : at_ns;
}

bool FaultRecord::overlaps(std::int64_t first_ns, std::int64_t last_ns) const {
  return at_ns <= last_ns && until_ns >= first_ns;
}

bool FaultRecord::disturbs(NodeId a, NodeId b) const {
  return std::any_of(links.begin(), links.end(), [&](const Link& link) {
    return (link.from == a && link.to == b) || (link.from == b && link.to == a);
  });
}

bool FaultRecord::destroys(NodeId node, std::int64_t since_ns, bool survives_power_loss) const {
  if (!hits(node)) return false;
  switch (effects.loss) {
    case FaultEffects::Loss::nothing:
      return false;
    case FaultEffects::Loss::latent:  // found when it is read, at any later time
      return true;
    case FaultEffects::Loss::everything:
      return at_ns >= since_ns;
    case FaultEffects::Loss::unsynced:
      return !survives_power_loss && at_ns >= since_ns;
    case FaultEffects::Loss::failed_syncs:
      return !survives_power_loss && until_ns >= since_ns;
  }
  return false;
}

bool FaultRecord::separates(NodeId from, NodeId to, std::int64_t first_ns,
                            std::int64_t last_ns) const {
  if (at_ns > first_ns || until_ns < last_ns) return false;
  if (effects.cuts()) return std::ranges::find(links, Link{from, to}) != links.end();
  return effects.stop == FaultEffects::Stop::dies && (hits(from) || hits(to));
}

const FaultRecord* destroyer_of_delivery(std::span<const FaultRecord> faults, NodeId holder,
                                         NodeId destination, std::int64_t since_ns,
                                         bool survives_power_loss) {
  for (const FaultRecord& fault : faults) {
    if (!fault.destroys(destination, since_ns, survives_power_loss)) continue;
    // What strikes throughout loses what came later too.
    const bool at_once = fault.effects.loss == FaultEffects::Loss::everything ||
                         fault.effects.loss == FaultEffects::Loss::unsynced;
    const std::int64_t last_ns = at_once ? fault.at_ns : fault.until_ns;
    const auto separates = [&](const FaultRecord& other) {
      return &other != &fault && other.separates(holder, destination, since_ns, last_ns);
    };
    if (std::ranges::none_of(faults, separates)) return &fault;
  }
  return nullptr;
}

namespace {

// How far the clock was off at the end of the fault, in µs.
std::int64_t final_offset_us(const FaultRecord& fault, std::int64_t last_ns) {
  const std::int64_t end_ns = std::max(fault.at_ns, std::min(fault.until_ns, last_ns));
  const std::int64_t ms = (end_ns - fault.at_ns) / 1'000'000;
  return to_us(fault.effects.clock_offset) + ms * fault.effects.drift_ppm / 1000;
}

}  // namespace

Duration FaultRecord::furthest_ahead(std::int64_t last_ns) const {
  return std::max({Duration(0), effects.clock_offset, Duration(final_offset_us(*this, last_ns))});
}

Duration FaultRecord::furthest_behind(std::int64_t last_ns) const {
  return std::max({Duration(0), -effects.clock_offset, -Duration(final_offset_us(*this, last_ns))});
}

Duration clock_gain(std::span<const FaultRecord> faults, NodeId node, std::int64_t last_ns) {
  Duration gain{0};
  for (const FaultRecord& fault : faults) {
    if (!fault.effects.moves_clock || !fault.hits(node)) continue;
    gain += fault.furthest_ahead(last_ns) + fault.furthest_behind(last_ns);
  }
  return gain;
}

}  // namespace holdfast::checkers
