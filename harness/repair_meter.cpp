#include "harness/repair_meter.h"

#include <algorithm>

namespace holdfast::harness {
namespace {

void add_difference(const node::Counters& now, const node::Counters& before, RepairCost& cost) {
  cost.read_repairs += now.read_repairs - before.read_repairs;
  cost.anti_entropy_rounds += now.anti_entropy_rounds - before.anti_entropy_rounds;
  cost.repaired_keys += now.anti_entropy_keys_repaired - before.anti_entropy_keys_repaired;
  cost.hash_comparisons += now.anti_entropy_hash_comparisons - before.anti_entropy_hash_comparisons;
  cost.anti_entropy_bytes += now.anti_entropy_bytes - before.anti_entropy_bytes;
  cost.hint_bytes += now.hint_bytes_sent - before.hint_bytes_sent;
}

}  // namespace

void RepairMeter::look(const Statuses& statuses) {
  if (looked_in_.empty()) looked_in_ = phase_;
  const auto known = std::ranges::find(costs_, looked_in_, &RepairCost::phase);
  RepairCost& cost = known != costs_.end() ? *known : costs_.emplace_back();
  cost.phase = looked_in_;
  looked_in_ = phase_;
  seen_.resize(std::max(seen_.size(), statuses.size()));
  for (std::size_t i = 0; i < statuses.size(); ++i) {
    if (!statuses[i]) continue;
    Seen& seen = seen_[i];
    if (statuses[i]->incarnation < seen.incarnation) continue;  // an answer of before its death
    if (statuses[i]->incarnation > seen.incarnation) seen = {statuses[i]->incarnation, {}};
    add_difference(statuses[i]->counters, seen.counters, cost);
    seen.counters = statuses[i]->counters;
  }
}

std::vector<RepairCost> RepairMeter::costs() const {
  std::vector<RepairCost> costs;
  for (const RepairCost& cost : costs_) {
    const std::uint64_t any = cost.read_repairs + cost.anti_entropy_rounds + cost.hint_bytes;
    if (any > 0) costs.push_back(cost);
  }
  return costs;
}

}  // namespace holdfast::harness
