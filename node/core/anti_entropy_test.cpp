// Comparing trees and exchanging rows.
#include "node/core/anti_entropy.h"

#include <gtest/gtest.h>

#include "node/core/node_fixture.h"

namespace holdfast::node {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class AntiEntropyTest : public NodeTest {};

TEST_F(AntiEntropyTest, AntiEntropyRepairsBothWaysAndThenFallsSilent) {
  Config config = without_repair();
  config.hint_holder = HintHolder::none;
  make(5, config);
  for (int i = 0; i < 300; ++i) cluster->write(0, "key " + std::to_string(i), "old");
  take_down(homes[2]);
  for (int i = 0; i < 300; ++i) cluster->write(homes[0], "key " + std::to_string(i), "new");
  cluster->remove(homes[0], "key 0");
  bring_up(homes[2]);
  const Counters first = repair_from(homes[2]);
  EXPECT_EQ(first.anti_entropy_rounds, 1u);
  EXPECT_GT(first.anti_entropy_keys_repaired, 100u);
  EXPECT_EQ(first.anti_entropy_silent, 0u);
  const Counters second = repair_from(homes[2]);
  EXPECT_EQ(second.anti_entropy_keys_repaired, first.anti_entropy_keys_repaired);
  EXPECT_EQ(second.anti_entropy_silent, 1u);
  const Counters third = repair_from(homes[2]);
  EXPECT_EQ(third.anti_entropy_silent, 2u);
  for (int i = 0; i < 300; ++i) {
    const std::string key = "key " + std::to_string(i);
    const ReplicaReadReply replica = cluster->read_replica(homes[2], key);
    if (!replica.found) continue;  // not one of its keys
    EXPECT_EQ(replica.row.deleted, i == 0);
    EXPECT_EQ(replica.row.value, i == 0 ? "" : "new");
  }
}

TEST_F(AntiEntropyTest, AntiEntropyFromTheOtherSideRepairsTheSame) {
  Config config = without_repair();
  config.hint_holder = HintHolder::none;
  make(5, config);
  take_down(homes[2]);
  for (int i = 0; i < 300; ++i) cluster->write(homes[0], "key " + std::to_string(i), "new");
  bring_up(homes[2]);
  for (const NodeId node : {homes[0], homes[1], fallbacks[0], fallbacks[1]}) repair_from(node);
  EXPECT_EQ(repair_from(homes[2]).anti_entropy_silent, 1u);
}

TEST_F(AntiEntropyTest, PeriodicAntiEntropyFollowsTheWallClock) {
  Config config = without_repair();
  config.hint_holder = HintHolder::none;
  config.anti_entropy = AntiEntropy::periodic;
  config.anti_entropy_period = hours(1);
  make(5, config);
  take_down(homes[2]);
  cluster->write(homes[0], "k", "new");
  bring_up(homes[2]);
  EXPECT_FALSE(cluster->read_replica(homes[2], "k").found);
  cluster->jump(hours(1));
  cluster->advance(seconds(2));
  EXPECT_EQ(cluster->read_replica(homes[2], "k").row.value, "new");
}

TEST_F(AntiEntropyTest, OneRoundMovesWhatManyMessagesHold) {
  Config config = without_repair();
  config.hint_holder = HintHolder::none;
  constexpr int kKeys = 60;
  for (const bool pull : {true, false}) {
    make(3, config);
    take_down(homes[2]);
    for (int i = 0; i < kKeys; ++i) {
      cluster->write(homes[0], "key " + std::to_string(i), std::string(100'000, 'v'));
    }
    bring_up(homes[2]);
    repair_from(pull ? homes[2] : homes[0]);
    EXPECT_EQ(cluster->status(homes[2]).rows, kKeys) << (pull ? "pulled" : "pushed");
  }
}

TEST_F(AntiEntropyTest, RoundThatIsToComeIsNotRequestedTwice) {
  make(3, without_repair());
  cluster->filter = [](const Envelope& envelope) {
    return std::holds_alternative<TreeDifference>(envelope.message);
  };
  for (int i = 0; i < 100; ++i) cluster->control(0, {ControlAction::start_anti_entropy});
  cluster->advance(minutes(1));
  const StatusReply status = cluster->status(0);
  EXPECT_EQ(status.counters.anti_entropy_failed, 2u);
  EXPECT_FALSE(status.anti_entropy_running);
}

// Else the count of silent rounds would rise without any comparison.
TEST_F(AntiEntropyTest, RoundWithoutAPeerIsNone) {
  Config config = without_repair();
  config.anti_entropy = AntiEntropy::periodic;
  config.anti_entropy_period = hours(1);
  make(3, config);
  EXPECT_FALSE(cluster->control(0, {ControlAction::start_anti_entropy, 0}).ok);
  cluster->jump(hours(1));
  cluster->advance(seconds(2));
  EXPECT_EQ(cluster->status(0).counters.anti_entropy_rounds, 1u);
  EXPECT_EQ(cluster->status(2).counters.anti_entropy_rounds, 0u) << "it is the highest";
}

}  // namespace
}  // namespace holdfast::node
