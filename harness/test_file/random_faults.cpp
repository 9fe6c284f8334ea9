#include "harness/test_file/random_faults.h"

#include <algorithm>
#include <functional>

#include "nemesis/fault_type.h"
#include "node/base/check.h"
#include "node/base/random.h"

namespace holdfast::harness {
namespace {

using nemesis::NodeSpec;
using nemesis::PlannedFault;
using nemesis::Schedule;
using std::chrono::milliseconds;

constexpr std::size_t kMostFaults = 10;  // sequences count once

class Plan {
 public:
  Plan(const TestFile& test, std::uint64_t seed)
      : test_(test), seed_(seed), load_ms_(to_us(test.phases.load) / 1000) {}

  Schedule draw();

 private:
  using Recipe = std::function<void(Random&)>;
  struct Weighted {
    Recipe recipe;
    std::uint64_t weight;
  };
  std::vector<Weighted> draw_weights();

  void single(const nemesis::FaultType& type, Random& random);
  void sleep(Random& random);
  void outage(Random& random);
  void holder_crash(Random& random);
  void destination_crash(Random& random);
  void flapping(Random& random);
  void late_replica_then_power_loss(Random& random);
  void two_away(Random& random);
  void quick_restart(Random& random);
  void wiped_under_load(Random& random);
  void clock_back_over_a_restart(Random& random);
  void moment_of_refusals(Random& random);

  void add(std::int64_t at_ms, std::string_view fault, NodeSpec on, std::int64_t length_ms,
           std::map<std::string, std::string> parameters = {});
  NodeSpec one_node(Random& random) const;
  NodeSpec some_nodes(Random& random) const;
  std::int64_t draw_time(Random& random) const;
  std::int64_t draw_length(Random& random, std::int64_t longest_ms) const;

  const TestFile& test_;
  std::uint64_t seed_;
  std::int64_t load_ms_;
  Schedule schedule_;
};

// Every plain fault by itself, and combinations. Half of the recipes are off, so that the others
// are intense.
std::vector<Plan::Weighted> Plan::draw_weights() {
  std::vector<Recipe> recipes;
  for (const nemesis::FaultType& type : nemesis::all_fault_types()) {
    if (type.find != nullptr) continue;
    recipes.push_back([this, &type](Random& random) { single(type, random); });
  }
  constexpr void (Plan::*kCombinations[])(Random&) = {&Plan::late_replica_then_power_loss,
                                                      &Plan::two_away,
                                                      &Plan::quick_restart,
                                                      &Plan::wiped_under_load,
                                                      &Plan::clock_back_over_a_restart,
                                                      &Plan::moment_of_refusals,
                                                      &Plan::outage,
                                                      &Plan::outage,
                                                      &Plan::holder_crash,
                                                      &Plan::holder_crash,
                                                      &Plan::destination_crash,
                                                      &Plan::flapping,
                                                      &Plan::sleep};
  for (const auto combination : kCombinations) {
    recipes.push_back([this, combination](Random& random) { (this->*combination)(random); });
  }
  std::vector<Weighted> weights;
  std::uint64_t index = 0;
  for (Recipe& recipe : recipes) {
    Random random(derive_seed(seed_, "random-weight", index++));
    const bool off = random.chance(1, 2);
    const std::uint64_t weight = 1 + random.below(100);
    if (!off) weights.push_back({std::move(recipe), weight});
  }
  return weights;
}

Schedule Plan::draw() {
  const std::vector<Weighted> weights = draw_weights();
  std::uint64_t sum = 0;
  for (const Weighted& each : weights) sum += each.weight;
  Random size(derive_seed(seed_, "random-faults"));
  const std::uint64_t count = weights.empty() ? 0 : size.below(kMostFaults + 1);
  for (std::uint64_t i = 0; i < count; ++i) {
    // A stream for each: taking one away moves no other.
    Random random(derive_seed(seed_, "random-fault", i));
    std::uint64_t point = random.below(sum);
    std::size_t chosen = 0;
    while (point >= weights[chosen].weight) point -= weights[chosen++].weight;
    weights[chosen].recipe(random);
  }
  std::ranges::stable_sort(schedule_, {}, &PlannedFault::at);
  return std::move(schedule_);
}

void Plan::add(std::int64_t at_ms, std::string_view fault, NodeSpec on, std::int64_t length_ms,
               std::map<std::string, std::string> parameters) {
  PlannedFault planned;
  planned.at = milliseconds(at_ms);
  planned.fault = fault;
  planned.on = std::move(on);
  planned.length = milliseconds(length_ms);
  planned.parameters = std::move(parameters);
  schedule_.push_back(std::move(planned));
}

NodeSpec Plan::one_node(Random& random) const {
  return nemesis::spec_of({static_cast<NodeId>(random.below(test_.nodes))});
}

NodeSpec Plan::some_nodes(Random& random) const {
  if (random.chance(7, 10)) return one_node(random);
  std::vector<NodeId> all(test_.nodes);
  for (NodeId node = 0; node < test_.nodes; ++node) all[node] = node;
  const std::uint64_t count = random.chance(1, 6) ? all.size() : 1 + random.below(all.size() - 1);
  for (std::size_t i = 0; i < count; ++i) std::swap(all[i], all[i + random.below(all.size() - i)]);
  all.resize(count);
  std::ranges::sort(all);
  return nemesis::spec_of(std::move(all));
}

// The first and the last moment are drawn more often: that is where rules for "before" and "after"
// go wrong.
std::int64_t Plan::draw_time(Random& random) const {
  const std::uint64_t die = random.below(20);
  const std::int64_t at_ms = random.between(0, load_ms_ - 1);
  return die == 0 ? 0 : die == 1 ? load_ms_ - 1 : at_ms;
}

// Log-uniform, so that short faults are as likely as long ones; and sometimes exactly as long as
// something the configuration counts in.
std::int64_t Plan::draw_length(Random& random, std::int64_t longest_ms) const {
  const node::Config& config = test_.config;
  const Duration boundaries[] = {config.hint_window, config.hint_max_age, config.tombstone_grace,
                                 config.failure_timeout, config.request_timeout};
  const std::uint64_t die = random.below(50);
  if (die < std::size(boundaries)) {
    const std::int64_t exactly_ms = to_us(boundaries[die]) / 1000;
    if (exactly_ms <= load_ms_) return exactly_ms;
  }
  constexpr std::int64_t kShortest_ms = 50;
  std::uint64_t doublings = 0;
  while ((kShortest_ms << (doublings + 1)) <= longest_ms) ++doublings;
  const std::int64_t low = kShortest_ms << random.below(doublings + 1);
  return random.between(low, 2 * low);
}

void Plan::single(const nemesis::FaultType& type, Random& random) {
  const std::int64_t at_ms = draw_time(random);
  const std::int64_t length_ms = draw_length(random, load_ms_ / 2);
  NodeSpec nodes = some_nodes(random);
  add(at_ms, type.name, std::move(nodes), length_ms);
  if (type.draw != nullptr) type.draw(schedule_.back(), random);
}

// As a machine that is suspended: it stands still, and what is sent to it meanwhile is lost.
void Plan::sleep(Random& random) {
  const std::int64_t at_ms = draw_time(random);
  const std::int64_t timeout_ms = to_us(test_.config.failure_timeout) / 1000;
  const std::int64_t length_ms = random.between(timeout_ms / 2, 4 * timeout_ms);
  const NodeSpec node = one_node(random);
  add(at_ms, "pause", node, length_ms);
  add(at_ms, "partition", node, length_ms - 1, {{"shape", "isolate"}});
}

// Longer than the hint window, often.
void Plan::outage(Random& random) {
  constexpr const char* kHow[] = {"kill", "power-loss", "isolate"};
  const std::int64_t at_ms = random.between(0, load_ms_ / 2);
  const std::int64_t length_ms = random.between(load_ms_ / 8, load_ms_);
  const char* const how = kHow[random.below(std::size(kHow))];
  NodeSpec node = one_node(random);
  add(at_ms, "outage", std::move(node), length_ms, {{"how", how}});
}

// A node is away, and those who hold its hints are hit: while they hold, or as they deliver.
void Plan::holder_crash(Random& random) {
  const std::int64_t at_ms = random.between(0, load_ms_ / 2);
  const std::int64_t length_ms = random.between(load_ms_ / 10, load_ms_ / 2);
  NodeSpec node = one_node(random);
  add(at_ms, random.chance(2, 3) ? "kill" : "power-loss", std::move(node), length_ms);
  const bool delivering = random.chance(1, 2);
  const std::uint64_t die = random.below(100);
  const char* const how = die < 45 ? "kill" : die < 85 ? "power-loss" : "wipe";
  const std::int64_t from_ms = at_ms + (delivering ? length_ms : length_ms / 2);
  const std::int64_t down_ms = draw_length(random, load_ms_ / 4);
  const std::int64_t least = random.chance(1, 2) ? 1 : random.between(2, 20);
  NodeSpec holders;
  holders.kind = NodeSpec::Kind::hint_holders;
  add(from_ms, "hint-holder-crash", std::move(holders), down_ms,
      {{"how", how},
       {"when", delivering ? "delivering" : "holding"},
       {"least", std::to_string(least)},
       {"within_ms", std::to_string(std::max<std::int64_t>(load_ms_ / 4, 1000))},
       {"poll_ms", std::to_string(std::max<std::int64_t>(load_ms_ / 10'000, 2))}});
}

// A node comes back, and goes again while its hints arrive: without power, so that what it had
// acknowledged too early is gone.
void Plan::destination_crash(Random& random) {
  const std::int64_t at_ms = random.between(0, load_ms_ / 2);
  const std::int64_t length_ms = random.between(load_ms_ / 10, load_ms_ / 2);
  const NodeSpec node = one_node(random);
  add(at_ms, random.chance(2, 3) ? "kill" : "power-loss", node, length_ms);
  const std::int64_t heartbeat_ms = to_us(test_.config.heartbeat_interval) / 1000;
  std::int64_t then_ms = at_ms + length_ms;
  const std::uint64_t strikes = 1 + random.below(4);
  for (std::uint64_t i = 0; i < strikes; ++i) {
    then_ms += random.between(1, 2 * heartbeat_ms);
    const std::int64_t down_ms = random.between(1, heartbeat_ms);
    add(then_ms, "power-loss", node, down_ms);
    then_ms += down_ms;
  }
}

// A node, or a link to it, that goes up and down about as fast as failures are detected.
void Plan::flapping(Random& random) {
  const NodeSpec node = one_node(random);
  const std::int64_t timeout_ms = to_us(test_.config.failure_timeout) / 1000;
  const char* const fault = random.chance(1, 3)   ? "pause"
                            : random.chance(1, 2) ? "kill"
                                                  : "partition";
  std::int64_t at_ms = draw_time(random);
  const std::uint64_t strikes = 2 + random.below(5);
  for (std::uint64_t i = 0; i < strikes; ++i) {
    const std::int64_t length_ms = random.between(timeout_ms / 2, 2 * timeout_ms);
    add(at_ms, fault, node, length_ms);
    at_ms += length_ms + random.between(1, timeout_ms);
  }
}

// A replica does not hear of writes for a moment shorter than detection, so that hints are written
// late; then a coordinator loses power.
void Plan::late_replica_then_power_loss(Random& random) {
  const std::int64_t at_ms = draw_time(random);
  const std::int64_t timeout_ms = to_us(test_.config.request_timeout) / 1000;
  const NodeSpec late = one_node(random);
  const NodeSpec coordinator = one_node(random);
  add(at_ms, "partition", late, timeout_ms + random.between(1, timeout_ms), {{"shape", "in"}});
  const std::int64_t after_ms = timeout_ms + random.between(0, timeout_ms);
  add(at_ms + after_ms, "power-loss", coordinator, random.between(1, 2 * timeout_ms));
}

// Two nodes away at once, and back almost together: one holder delivers to both.
void Plan::two_away(Random& random) {
  const std::int64_t at_ms = random.between(0, load_ms_ / 2);
  const std::int64_t length_ms = random.between(load_ms_ / 10, load_ms_ / 2);
  const NodeSpec one = one_node(random);
  const std::int64_t longer_ms = length_ms + random.between(0, 100);
  const NodeSpec other = one_node(random);
  add(at_ms, "kill", one, length_ms);
  add(at_ms, "kill", other, longer_ms);
}

// Within one round trip: what was under way reaches another process of the same node.
void Plan::quick_restart(Random& random) {
  const std::int64_t at_ms = draw_time(random);
  const char* const fault = random.chance(1, 2) ? "kill" : "power-loss";
  const std::int64_t down_ms = random.between(1, 20);
  const NodeSpec node = one_node(random);
  add(at_ms, fault, node, down_ms);
}

void Plan::wiped_under_load(Random& random) {
  const std::int64_t down_ms = random.between(1, 50);
  const NodeSpec node = one_node(random);
  add(draw_time(random), "wipe", node, down_ms);
}

void Plan::clock_back_over_a_restart(Random& random) {
  const std::int64_t at_ms = random.between(0, load_ms_ / 2);
  const std::int64_t down_ms = draw_length(random, load_ms_ / 8);
  const NodeSpec node = one_node(random);
  const std::int64_t offset_ms =
      random.chance(1, 2) ? random.between(1, 2000) : random.between(1, 60'000);
  add(at_ms, random.chance(1, 2) ? "kill" : "power-loss", node, down_ms);
  add(at_ms + down_ms / 2, "clock", node, random.between(down_ms, load_ms_),
      {{"offset_ms", std::to_string(-offset_ms)}});
}

// Replicas that answer with errors, beside those that are silent.
void Plan::moment_of_refusals(Random& random) {
  const char* const mode = random.chance(1, 2) ? "full" : "io_error";
  const std::int64_t length_ms = random.between(1, 500);
  const NodeSpec nodes = some_nodes(random);
  add(draw_time(random), "disk", nodes, length_ms, {{"mode", mode}});
}

}  // namespace

Schedule draw_random_faults(const TestFile& test, std::uint64_t seed) {
  return Plan(test, seed).draw();
}

}  // namespace holdfast::harness
