// The node as coordinator of reads, and read repair.
#include "node/core/read_coordinator.h"

#include <gtest/gtest.h>

#include "node/core/node_fixture.h"

namespace holdfast::node {
namespace {

using std::chrono::milliseconds;

class ReadCoordinatorTest : public NodeTest {};

TEST_F(ReadCoordinatorTest, AbsenceAtAFallbackIsNotNotFound) {
  Config config = without_repair();
  make(5, config);
  cluster->write(homes[0], "k", "one");
  cluster->kill(homes[0]);
  take_down(homes[1]);
  const ClientReply read = cluster->read(fallbacks[0], "k", with(QuorumKind::sloppy, 2));
  EXPECT_NE(read.error, ErrorCode::none) << "one home replica and empty fallbacks are not two";
}

TEST_F(ReadCoordinatorTest, AsyncReadRepairMendsAfterTheReply) {
  Config config = without_repair();
  config.hint_holder = HintHolder::none;
  make(5, config);
  cluster->write(homes[0], "k", "old");
  take_down(homes[2]);
  cluster->write(homes[0], "k", "new");
  bring_up(homes[2]);
  EXPECT_EQ(cluster->read_replica(homes[2], "k").row.value, "old");
  cluster->control(homes[0], {ControlAction::config_set, kNoNode, "read_repair", "async"});
  EXPECT_EQ(cluster->read(homes[0], "k").value, "new");
  cluster->advance(milliseconds(10));
  EXPECT_EQ(cluster->read_replica(homes[2], "k").row.value, "new");
}

TEST_F(ReadCoordinatorTest, BlockingReadRepairMendsBeforeTheReply) {
  Config config = without_repair();
  config.hint_holder = HintHolder::none;
  config.read_repair = ReadRepair::blocking;
  make(5, config);
  cluster->write(homes[0], "k", "old");
  take_down(homes[2]);
  cluster->write(homes[0], "k", "new");
  bring_up(homes[2]);
  // The reply must wait for the stale replica, which is not the coordinator here.
  bool acknowledged = false;
  bool replied_after = false;
  cluster->filter = [&](const Envelope& envelope) {
    acknowledged |= std::holds_alternative<ReplicaWriteReply>(envelope.message);
    if (std::holds_alternative<ClientReply>(envelope.message)) replied_after = acknowledged;
    return false;
  };
  EXPECT_EQ(cluster->read(homes[0], "k", with(QuorumKind::strict, 3)).value, "new");
  EXPECT_TRUE(replied_after);
  EXPECT_EQ(cluster->read_replica(homes[2], "k").row.value, "new");
}

// Only who has something else sends it.
TEST_F(ReadCoordinatorTest, TheSameRowIsNotSentAgain) {
  Config config = without_repair();
  config.hint_holder = HintHolder::none;
  config.read_repair = ReadRepair::async;
  make(3, config);
  cluster->write(0, "k", std::string(1000, 'x'));
  std::vector<bool> same;
  cluster->filter = [&](const Envelope& envelope) {
    const auto* reply = std::get_if<ReplicaReadReply>(&envelope.message);
    if (reply == nullptr) return false;
    same.push_back(reply->same);
    EXPECT_EQ(reply->row.value.empty(), reply->same);
    return false;
  };
  const ClientReply read = cluster->read(0, "k", with(QuorumKind::strict, 3));
  EXPECT_EQ(read.value, std::string(1000, 'x'));
  EXPECT_EQ(read.real_acks, 3u);
  EXPECT_EQ(same, std::vector<bool>({true, true}));

  take_down(2);
  cluster->write(0, "k", "new");
  bring_up(2);
  same.clear();
  EXPECT_EQ(cluster->read(0, "k", with(QuorumKind::strict, 3)).value, "new");
  EXPECT_EQ(std::count(same.begin(), same.end(), true), 1) << "n3 has the old row";
  cluster->advance(milliseconds(10));
  EXPECT_EQ(cluster->read_replica(2, "k").row.value, "new") << "and is repaired";
  // The coordinator that is behind is sent what it lacks.
  take_down(1);
  cluster->write(0, "k", "newest");
  bring_up(1);
  EXPECT_EQ(cluster->read(1, "k", with(QuorumKind::strict, 3)).value, "newest");
}

// A slow replica must not use up the limit on requests: with R=1 the reads have long been answered.
TEST_F(ReadCoordinatorTest, AnsweredReadsDoNotCountAsUnderWay) {
  Config config;
  config.requests_in_flight = 10;
  make(3, config);
  cluster->write(0, "k", "one");
  cluster->filter = [](const Envelope& envelope) {
    return std::holds_alternative<ReplicaReadReply>(envelope.message);
  };
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(cluster->read(0, "k", with(QuorumKind::strict, 1)).error, ErrorCode::none);
  }
  EXPECT_EQ(cluster->status(0).requests_in_flight, 0u);
}

TEST_F(ReadCoordinatorTest, ReplyNamesWhoCountedAndWhomAFallbackStandsFor) {
  Config config = without_repair();
  config.read_repair = ReadRepair::async;  // a read asks all
  make(5, config);
  cluster->write(homes[0], "k", "one");
  take_down(homes[2]);
  const ClientReply absent = cluster->read(fallbacks[0], "k", with(QuorumKind::sloppy, 2));
  EXPECT_EQ(absent.error, ErrorCode::none);
  EXPECT_EQ(absent.real_acks, 2u);
  EXPECT_EQ(absent.hint_acks, 0u) << "it holds nothing";
  EXPECT_EQ(absent.acks.size(), 2u);
  cluster->write(homes[0], "k", "two");
  const ClientReply held = cluster->read(fallbacks[0], "k", with(QuorumKind::sloppy, 2));
  EXPECT_EQ(held.value, "two");
  const Ack hint{fallbacks[0], Role::hint, homes[2]};
  EXPECT_EQ(std::count(held.acks.begin(), held.acks.end(), hint), 1);
}

}  // namespace
}  // namespace holdfast::node
