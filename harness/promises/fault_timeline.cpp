#include "harness/promises/fault_timeline.h"

#include <algorithm>

#include "node/core/clock.h"

namespace holdfast::harness {

using checkers::FaultRecord;

namespace {

// After a restart versions run ahead of the clock by the ceiling's step; and as long again, for
// what is under way when a fault ends.
constexpr Duration kCeiling = 2 * node::HybridClock::kCeilingStep;

// Whether it began and ended while `sleep`, a pause, was in effect.
bool is_within(const FaultRecord& fault, const FaultRecord* sleep) {
  return sleep != nullptr && fault.at_ns >= sleep->at_ns && fault.until_ns <= sleep->until_ns;
}

bool names_end(const FaultRecord& fault, NodeId node) {
  return std::any_of(fault.links.begin(), fault.links.end(), [node](const checkers::Link& link) {
    return link.from == node || link.to == node;
  });
}

}  // namespace

FaultTimeline::FaultTimeline(std::span<const FaultRecord> faults, std::int64_t end_ns)
    : all_(faults), end_ns_(end_ns) {
  for (const FaultRecord& fault : faults) {
    faults_.push_back(&fault);
    if (fault.effects.may_forget()) destroying_.push_back(&fault);
  }
  std::stable_sort(faults_.begin(), faults_.end(),
                   [](const FaultRecord* a, const FaultRecord* b) { return a->at_ns < b->at_ns; });
  std::int64_t latest = 0;
  for (const FaultRecord* fault : faults_) {
    latest = std::max(latest, fault->until_ns);
    latest_end_ns_.push_back(latest);
  }
}

template <class Visit>
bool FaultTimeline::any_overlapping(std::int64_t first_ns, std::int64_t last_ns,
                                    Visit&& visit) const {
  const auto after = std::upper_bound(
      faults_.begin(), faults_.end(), last_ns,
      [](std::int64_t time_ns, const FaultRecord* fault) { return time_ns < fault->at_ns; });
  for (auto i = static_cast<std::size_t>(after - faults_.begin()); i-- > 0;) {
    if (latest_end_ns_[i] < first_ns) return false;
    if (faults_[i]->until_ns >= first_ns && visit(*faults_[i])) return true;
  }
  return false;
}

bool FaultTimeline::is_healthy(NodeId node, std::int64_t first_ns, std::int64_t last_ns,
                               const FaultRecord* sleep) const {
  return !any_overlapping(first_ns, last_ns, [&](const FaultRecord& fault) {
    // Faults of links are judged link by link.
    return fault.links.empty() && fault.effects.impairs() && fault.hits(node) &&
           !is_within(fault, sleep);
  });
}

bool FaultTimeline::is_link_healthy(NodeId a, NodeId b, std::int64_t first_ns, std::int64_t last_ns,
                                    const FaultRecord* sleep) const {
  return a == b || !any_overlapping(first_ns, last_ns, [&](const FaultRecord& fault) {
           return fault.disturbs(a, b) && !is_within(fault, sleep);
         });
}

const FaultRecord* FaultTimeline::pause_before(NodeId node, std::int64_t first_ns,
                                               std::int64_t last_ns) const {
  const FaultRecord* found = nullptr;
  any_overlapping(first_ns, last_ns, [&](const FaultRecord& fault) {
    const bool ended = fault.until_ns >= first_ns && fault.until_ns <= last_ns;
    if (!fault.freezes_nodes() || !ended || !keeps_stopped(fault, node, fault.until_ns)) {
      return false;
    }
    found = &fault;
    return true;
  });
  return found;
}

bool FaultTimeline::keeps_stopped(const FaultRecord& fault, NodeId node,
                                  std::int64_t last_ns) const {
  if (!fault.stops_nodes() || !fault.hits(node)) return false;
  // A frozen process that is killed comes back running.
  return !fault.freezes_nodes() ||
         !any_overlapping(fault.at_ns, last_ns, [&](const FaultRecord& other) {
           return &other != &fault && other.stops_nodes() && other.hits(node);
         });
}

bool FaultTimeline::is_away(NodeId node, std::int64_t first_ns, std::int64_t last_ns) const {
  return any_overlapping(first_ns, last_ns, [&](const FaultRecord& fault) {
    if (fault.at_ns > first_ns || fault.until_ns < last_ns) return false;
    if (fault.stopped_from_ns() > first_ns) return false;
    return fault.links.empty() ? keeps_stopped(fault, node, last_ns)
                               : fault.effects.cuts() && names_end(fault, node);
  });
}

bool FaultTimeline::was_lossy(NodeId a, NodeId b, std::int64_t first_ns,
                              std::int64_t last_ns) const {
  return any_overlapping(first_ns, last_ns, [&](const FaultRecord& fault) {
    return fault.effects.degrades() && fault.disturbs(a, b);
  });
}

bool FaultTimeline::is_unheard(NodeId node, NodeId by, std::int64_t first_ns,
                               std::int64_t last_ns) const {
  return any_overlapping(first_ns, last_ns, [&](const FaultRecord& fault) {
    if (fault.at_ns > first_ns || fault.until_ns < last_ns) return false;
    if (fault.stopped_from_ns() > first_ns) return false;
    if (fault.links.empty()) return keeps_stopped(fault, node, last_ns);
    const auto cut = [&](const checkers::Link& link) { return link.from == node && link.to == by; };
    return fault.effects.cuts() && std::any_of(fault.links.begin(), fault.links.end(), cut);
  });
}

bool FaultTimeline::separated(NodeId from, NodeId to, std::int64_t first_ns,
                              std::int64_t last_ns) const {
  return any_overlapping(first_ns, last_ns, [&](const FaultRecord& fault) {
    return fault.separates(from, to, first_ns, last_ns);
  });
}

bool FaultTimeline::is_calm_for(std::int64_t length_ns, std::int64_t first_ns,
                                std::int64_t last_ns) const {
  std::int64_t calm_from_ns = first_ns;
  for (const FaultRecord* fault : faults_) {
    if (!fault->effects.impairs() || fault->until_ns < calm_from_ns) continue;
    if (std::min(fault->at_ns, last_ns) - calm_from_ns >= length_ns) return true;
    calm_from_ns = std::max(calm_from_ns, fault->until_ns);
    if (calm_from_ns >= last_ns) return false;
  }
  return last_ns - calm_from_ns >= length_ns;
}

const FaultRecord* FaultTimeline::destroyer(NodeId node, std::int64_t since_ns,
                                            bool survives_power_loss) const {
  for (const FaultRecord* fault : destroying_) {
    if (fault->destroys(node, since_ns, survives_power_loss)) return fault;
  }
  return nullptr;
}

bool FaultTimeline::was_stopped(NodeId node, std::int64_t first_ns, std::int64_t last_ns) const {
  return any_overlapping(first_ns, last_ns, [&](const FaultRecord& fault) {
    return fault.stops_nodes() && fault.hits(node);
  });
}

bool FaultTimeline::was_interrupted(NodeId node, std::int64_t first_ns,
                                    std::int64_t last_ns) const {
  return any_overlapping(first_ns, last_ns, [&](const FaultRecord& fault) {
    return (fault.kills_nodes() || fault.freezes_nodes()) && fault.hits(node);
  });
}

bool FaultTimeline::was(bool checkers::FaultEffects::*effect, NodeId node, std::int64_t first_ns,
                        std::int64_t last_ns) const {
  return any_overlapping(first_ns, last_ns, [&](const FaultRecord& fault) {
    return fault.effects.*effect && fault.hits(node);
  });
}

bool FaultTimeline::ever(bool (*holds)(const checkers::FaultEffects&)) const {
  return std::ranges::any_of(all_, [&](const FaultRecord& fault) { return holds(fault.effects); });
}

std::int64_t FaultTimeline::clock_difference_ns(std::int64_t first_ns, std::int64_t last_ns) const {
  Duration ahead{0}, behind{0};
  for (const FaultRecord* fault : faults_) {
    if (!fault->effects.moves_clock || fault->at_ns > last_ns) continue;
    const auto since = Duration(std::max<std::int64_t>(0, first_ns - fault->until_ns) / 1000);
    const Duration fast = fault->furthest_ahead(last_ns);
    if (since <= fast + kCeiling) ahead = std::max(ahead, fast);
    if (since <= kCeiling) behind = std::max(behind, fault->furthest_behind(last_ns));
  }
  return to_us(ahead + behind) * 1000;
}

std::int64_t FaultTimeline::clock_gain_ns(NodeId node) const {
  return to_us(checkers::clock_gain(all_, node, end_ns_)) * 1000;
}

bool FaultTimeline::was_hit(NodeId node, std::int64_t until_ns) const {
  return any_overlapping(0, until_ns, [&](const FaultRecord& fault) {
    return fault.effects.impairs() &&
           (fault.links.empty() ? fault.hits(node) : names_end(fault, node));
  });
}

std::int64_t FaultTimeline::last_end_ns() const {
  std::int64_t last = 0;
  for (const FaultRecord* fault : faults_)
    last = std::max(last, std::min(fault->until_ns, end_ns_));
  return last;
}

}  // namespace holdfast::harness
