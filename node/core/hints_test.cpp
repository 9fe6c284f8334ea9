// The node as holder: window, ages, caps.
#include "node/core/hints.h"

#include <gtest/gtest.h>

#include "node/core/node_fixture.h"

namespace holdfast::node {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class HintsTest : public NodeTest {};

TEST_F(HintsTest, WindowRefusesNewHintsAndKeepsOldOnes) {
  make(5, without_repair());
  take_down(homes[2]);
  cluster->write(homes[0], "k", "one");
  cluster->jump(hours(4));
  cluster->write(homes[0], "k", "two");
  cluster->advance(seconds(1));
  EXPECT_EQ(cluster->status(fallbacks[0]).ledger.created, 1u);
  bring_up(homes[2]);
  EXPECT_EQ(cluster->read_replica(homes[2], "k").row.value, "one");
  EXPECT_EQ(cluster->read_replica(homes[1], "k").row.value, "two");
}

// CASSANDRA-14309: the window must not begin anew when the destination flaps or the holder
// restarts while hints wait.
TEST_F(HintsTest, WindowSurvivesHolderRestartAndFlaps) {
  make(5, without_repair());
  for (const NodeId node : fallbacks) {
    cluster->control(node, {ControlAction::pause_delivering});
  }
  take_down(homes[2]);
  cluster->write(homes[0], "k", "one");
  cluster->advance(seconds(1));
  cluster->jump(hours(2));
  cluster->kill(fallbacks[0]);
  cluster->start(fallbacks[0]);
  cluster->control(fallbacks[0], {ControlAction::pause_delivering});
  bring_up(homes[2]);
  take_down(homes[2]);
  cluster->jump(hours(2));
  const StatusReply holder = cluster->status(fallbacks[0]);
  ASSERT_EQ(holder.pending, 1u);
  EXPECT_FALSE(holder.queues.front().window_open);
  EXPECT_GE(holder.queues.front().oldest_age, hours(4));
}

// CASSANDRA-19495: a destination that came back and was served gets a window again.
TEST_F(HintsTest, SecondOutageGetsANewWindow) {
  make(5, without_repair());
  take_down(homes[2]);
  cluster->write(homes[0], "k", "one");
  cluster->jump(hours(4));
  bring_up(homes[2]);
  take_down(homes[2]);
  cluster->write(homes[0], "k", "two");
  cluster->advance(seconds(1));
  bring_up(homes[2]);
  EXPECT_EQ(cluster->read_replica(homes[2], "k").row.value, "two");
}

TEST_F(HintsTest, OldHintsExpireAndAreCounted) {
  Config config = without_repair();
  config.hint_max_age = hours(1);
  make(5, config);
  take_down(homes[2]);
  cluster->write(homes[0], "k", "one");
  cluster->advance(seconds(1));
  cluster->jump(minutes(61));
  cluster->advance(seconds(2));
  const StatusReply holder = cluster->status(fallbacks[0]);
  EXPECT_EQ(holder.ledger.created, 1u);
  EXPECT_EQ(holder.ledger.expired, 1u);
  EXPECT_EQ(holder.pending, 0u);
}

TEST_F(HintsTest, CapRefusesAHintBeforeItIsAcknowledged) {
  Config config = without_repair();
  config.hint_max_count_per_destination = 1;
  config.hint_holder = HintHolder::coordinator;
  make(5, config);
  take_down(homes[2]);
  cluster->write(homes[0], "k", "one");
  cluster->write(homes[0], "k", "two");
  const StatusReply holder = cluster->status(homes[0]);
  EXPECT_EQ(holder.pending, 1u);
  EXPECT_EQ(holder.counters.hints_refused[static_cast<std::size_t>(HintRefusal::cap)], 1u);
}

TEST_F(HintsTest, PausedAcceptingRefusesHints) {
  Config config = without_repair();
  config.hint_holder = HintHolder::coordinator;
  make(5, config);
  take_down(homes[2]);
  cluster->control(homes[0], {ControlAction::pause_accepting});
  EXPECT_EQ(cluster->write(homes[0], "k", "one").error, ErrorCode::none);
  EXPECT_EQ(cluster->status(homes[0]).pending, 0u);
  cluster->control(homes[0], {ControlAction::resume_accepting});
  cluster->write(homes[0], "k", "two");
  EXPECT_EQ(cluster->status(homes[0]).pending, 1u);
}

TEST_F(HintsTest, AgeIsNeverNegativeThoughTheClockWasSetBackWhileTheHolderWasDown) {
  Config config = without_repair();
  config.hint_holder = HintHolder::coordinator;
  make(3, config);
  take_down(homes[2]);
  cluster->advance(seconds(50));
  cluster->write(homes[0], "k", "one");
  cluster->kill(homes[0]);
  cluster->jump(-hours(1));
  cluster->start(homes[0]);
  cluster->advance(seconds(1));
  const StatusReply holder = cluster->status(homes[0]);
  ASSERT_EQ(holder.pending, 1u);
  EXPECT_GE(holder.queues.front().oldest_age, Duration{0});
  EXPECT_LE(holder.queues.front().oldest_age, seconds(2));
}

}  // namespace
}  // namespace holdfast::node
