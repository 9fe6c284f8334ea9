// Crashes at every place: what was acknowledged stays, whatever the disk loses.
#include <gtest/gtest.h>

#include <map>

#include "harness/sim/testing/scenario.h"

namespace holdfast::harness {
namespace {

using namespace std::chrono_literals;

// Writes from concurrent clients, with what was acknowledged by whom.
class Load {
 public:
  explicit Load(Scenario& scenario) : scenario_(scenario) {}

  // Starts `count` writes, through all nodes in turn, a little apart.
  void begin(int count) {
    for (int i = 0; i < count; ++i) {
      scenario_.cluster.after(Duration(200 * i), [this] { write(); });
    }
  }
  int ended() const { return ended_; }
  int acknowledged() const { return acknowledged_; }

  // Every node that acknowledged a write as home replica has it, or a newer one.
  void expect_kept_by(NodeId node) {
    const std::map<std::string, node::Row> rows = scenario_.rows(node);
    for (const auto& [key, version] : kept_[node]) {
      const auto row = rows.find(key);
      ASSERT_NE(row, rows.end()) << node_name(node) << " lost " << key;
      EXPECT_GE(row->second.version, version) << node_name(node) << " " << key;
    }
  }

 private:
  void write() {
    const int number = started_++;
    const auto through = static_cast<NodeId>(number % scenario_.cluster.size());
    const std::string key = "k" + std::to_string(number % 40);
    node::ClientWrite request{key, false, std::string(300, 'v'), {9, 1u + number}, {}};
    scenario_.cluster.request(through, std::move(request), 3s,
                              [this, key](const node::ClientReply& reply) { end(key, reply); });
  }
  void end(const std::string& key, const node::ClientReply& reply) {
    ++ended_;
    if (reply.error != ErrorCode::none) return;
    ++acknowledged_;
    for (const node::Ack& ack : reply.acks) {
      if (ack.role != node::Role::home) continue;
      Version& version = kept_[ack.node][key];
      version = std::max(version, reply.version);
    }
  }

  Scenario& scenario_;
  int started_ = 0;
  int ended_ = 0;
  int acknowledged_ = 0;
  std::map<NodeId, std::map<std::string, Version>> kept_;
};

SimOptions without_repair(std::uint64_t seed) {
  SimOptions options;
  options.seed = seed;
  options.config.read_repair = node::ReadRepair::off;
  options.config.anti_entropy = node::AntiEntropy::off;
  options.config.hint_holder = node::HintHolder::none;
  return options;
}

TEST(PowerLoss, AtAnyCallOfTheDiskKeepsWhatWasAcknowledged) {
  for (std::uint64_t call = 0; call <= 60; ++call) {
    Scenario scenario(without_repair(call));
    Load load(scenario);
    load.begin(150);
    scenario.pass(Duration(10'000 + 211 * static_cast<std::int64_t>(call)));
    scenario.cluster.power_loss_at_call(1, call);
    EXPECT_FALSE(scenario.faults().is_running(1));
    scenario.pass(10ms);
    scenario.faults().restart(1);
    ASSERT_TRUE(scenario.wait_until([&] { return load.ended() == 150; }, 10s));
    EXPECT_GT(load.acknowledged(), 30);
    for (NodeId id = 0; id < 5; ++id) load.expect_kept_by(id);
    ASSERT_TRUE(scenario.status(1).has_value());
    EXPECT_FALSE(scenario.status(1)->store_lost) << "call " << call;
  }
}

TEST(PowerLoss, OfAllNodesAtOnceKeepsWhatWasAcknowledged) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Scenario scenario(without_repair(seed));
    Load load(scenario);
    load.begin(200);
    scenario.pass(Duration(15'000 + 307 * static_cast<std::int64_t>(seed)));
    for (NodeId id = 0; id < 5; ++id) scenario.faults().power_loss(id);
    scenario.pass(1s);
    for (NodeId id = 0; id < 5; ++id) scenario.faults().restart(id);
    ASSERT_TRUE(scenario.wait_until([&] { return load.ended() == 200; }, 10s));
    for (NodeId id = 0; id < 5; ++id) load.expect_kept_by(id);
    for (NodeId id = 0; id < 5; ++id) EXPECT_FALSE(scenario.status(id)->store_lost);
  }
}

TEST(PowerLoss, AgainAndAgainThroughCheckpointsKeepsWhatWasAcknowledged) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    Scenario scenario(without_repair(seed));
    Load load(scenario);
    load.begin(6000);
    Random random(seed);
    for (int crash = 0; crash < 20; ++crash) {
      scenario.pass(Duration(random.between(20'000, 90'000)));
      scenario.faults().power_loss(1);
      scenario.faults().restart(1);
    }
    ASSERT_TRUE(scenario.wait_until([&] { return load.ended() == 6000; }, 20s));
    EXPECT_GT(load.acknowledged(), 3000);
    load.expect_kept_by(1);
    EXPECT_FALSE(scenario.status(1)->store_lost) << "seed " << seed;
  }
}

// How often, of 20, a write that its home replica acknowledged is gone after a power loss there.
int losses(const node::Config& config) {
  int lost = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SimOptions options = without_repair(seed);
    options.config.store_durability = config.store_durability;
    options.config.bugs = config.bugs;
    Scenario scenario(options);
    const std::string key = scenario.key_of(1);
    // The first write also makes the clock's ceiling durable, and itself with it.
    EXPECT_EQ(scenario.write(1, "first", "value").error, ErrorCode::none);
    EXPECT_EQ(scenario.write(1, key, "value").error, ErrorCode::none);
    scenario.pass(100ms);
    EXPECT_EQ(scenario.rows(1).count(key), 1u);
    scenario.faults().power_loss(1);
    scenario.faults().restart(1);
    scenario.pass(3s);
    lost += scenario.rows(1).count(key) == 0;
  }
  return lost;
}

TEST(PowerLoss, LosesWhatWasOnlyWritten) {
  node::Config config;
  EXPECT_EQ(losses(config), 0);
  config.store_durability = node::Durability::written;
  EXPECT_GT(losses(config), 5);
}

TEST(PowerLoss, FindsANodeThatAcknowledgesBeforeItsSync) {
  node::Config config;
  config.bugs.set(static_cast<std::size_t>(node::Bug::ack_before_sync));
  EXPECT_GT(losses(config), 5);
}

TEST(PowerLoss, AKillLosesNothingThatWasWritten) {
  SimOptions options = without_repair(1);
  options.config.store_durability = node::Durability::written;
  Scenario scenario(options);
  Load load(scenario);
  load.begin(500);
  scenario.pass(50ms);
  for (NodeId id = 0; id < 5; ++id) scenario.faults().kill(id);
  for (NodeId id = 0; id < 5; ++id) scenario.faults().restart(id);
  ASSERT_TRUE(scenario.wait_until([&] { return load.ended() == 500; }, 10s));
  EXPECT_GT(load.acknowledged(), 100);
  for (NodeId id = 0; id < 5; ++id) load.expect_kept_by(id);
}

TEST(PowerLoss, TheWallClockGoesOnAndTheSteadyClockBeginsAnew) {
  Scenario scenario;
  scenario.pass(10min);
  scenario.cluster.take_events(1);
  scenario.faults().power_loss(1);
  scenario.pass(1min);
  scenario.faults().restart(1);
  const std::vector<node::Event> events = scenario.cluster.take_events(1);
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.back().kind, node::EventKind::started);
  EXPECT_LT(to_us(events.back().at.steady), 60'000'000);
  EXPECT_GE(to_us(events.back().at.wall) - NodeClock::kEpochUs, 11 * 60'000'000ll);
}

}  // namespace
}  // namespace holdfast::harness
