#include "nemesis/random_plan.h"

#include <algorithm>

#include "nemesis/fault_type.h"
#include "node/base/check.h"
#include "node/base/random.h"

namespace holdfast::nemesis {
namespace {

constexpr std::uint64_t kMostWeight = 100;
constexpr std::int64_t kShortest_ms = 100;

struct Weighted {
  const FaultType* type = nullptr;
  std::uint64_t weight = 0;
};

bool supported(const FaultType& type, const Faults& faults) {
  PlannedFault planned;
  planned.fault = type.name;
  const std::vector<FaultKind> needs = type.needs(planned);
  return std::ranges::all_of(needs, [&](FaultKind kind) { return faults.supports(kind); });
}

// Each fault that may occur has a weight; half of them have 0, so that the others are intense.
std::vector<Weighted> draw_weights(const RandomPlan& plan, const Faults& faults,
                                   std::uint64_t seed) {
  std::vector<Weighted> weights;
  std::uint64_t index = 0;
  for (const FaultType& type : all_fault_types()) {
    Random random(derive_seed(seed, "plan-weight", index++));
    const bool named = std::ranges::count(plan.faults, type.name) > 0;
    if (plan.faults.empty() ? type.only_if_named : !named) continue;
    if (!supported(type, faults)) continue;
    const bool off = random.chance(1, 2);
    const std::uint64_t weight = 1 + random.below(kMostWeight);
    weights.push_back({&type, off ? 0 : weight});
  }
  const bool all_off =
      std::ranges::all_of(weights, [](const Weighted& each) { return each.weight == 0; });
  if (all_off && !weights.empty()) {
    Random random(derive_seed(seed, "plan-weight", index));
    weights[random.below(weights.size())].weight = 1;
  }
  return weights;
}

const FaultType& draw_type(const std::vector<Weighted>& weights, Random& random) {
  std::uint64_t sum = 0;
  for (const Weighted& each : weights) sum += each.weight;
  std::uint64_t point = random.below(sum);
  for (const Weighted& each : weights) {
    if (point < each.weight) return *each.type;
    point -= each.weight;
  }
  CHECK(false);
  return *weights[0].type;
}

// Log-uniform, so that short faults are as likely as long ones.
Duration draw_length(std::int64_t longest_ms, Random& random) {
  std::uint64_t doublings = 0;
  while ((kShortest_ms << (doublings + 1)) <= longest_ms) ++doublings;
  const std::int64_t low = kShortest_ms << random.below(doublings + 1);
  return std::chrono::milliseconds(random.between(low, 2 * low));
}

NodeSpec draw_nodes(std::uint16_t nodes, Random& random) {
  std::uint64_t count = 1;
  const std::uint64_t die = random.below(10);
  if (die >= 7 && nodes > 2) count = 1 + random.below(nodes - 1U);
  if (die == 9) count = nodes;
  std::vector<NodeId> all(nodes);
  for (NodeId node = 0; node < nodes; ++node) all[node] = node;
  for (std::size_t i = 0; i < count; ++i) std::swap(all[i], all[i + random.below(nodes - i)]);
  all.resize(count);
  std::ranges::sort(all);
  return spec_of(std::move(all));
}

}  // namespace

Schedule draw_schedule(const RandomPlan& plan, std::uint16_t nodes, const Faults& faults,
                       std::uint64_t seed) {
  CHECK(plan.over.count() > 0);
  Schedule schedule;
  const std::vector<Weighted> weights = draw_weights(plan, faults, seed);
  if (weights.empty() || plan.most == 0) return schedule;
  Random size(derive_seed(seed, "plan-size"));
  const std::uint64_t count = 1 + size.below(plan.most);
  const std::int64_t over_ms = std::max<std::int64_t>(plan.over.count() / 1000, 1);
  for (std::uint64_t i = 0; i < count; ++i) {
    // A stream for each fault: taking one away moves no other.
    Random random(derive_seed(seed, "plan-fault", i));
    PlannedFault planned;
    const FaultType& type = draw_type(weights, random);
    planned.fault = type.name;
    planned.at = std::chrono::milliseconds(random.between(0, over_ms - 1));
    planned.length = draw_length(over_ms / 2, random);
    planned.on = draw_nodes(nodes, random);
    if (type.find != nullptr && type.name == "hint-holder-crash") {
      planned.on.kind = NodeSpec::Kind::hint_holders;
      planned.on.nodes.clear();
    }
    if (type.draw != nullptr) type.draw(planned, random);
    schedule.push_back(std::move(planned));
  }
  std::ranges::stable_sort(schedule, {}, &PlannedFault::at);
  return schedule;
}

}  // namespace holdfast::nemesis
