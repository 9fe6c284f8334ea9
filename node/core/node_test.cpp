// The protocol, one behaviour a test; what concerns one part is in that part's test.
#include "node/core/node.h"

#include <gtest/gtest.h>

#include "node/core/node_fixture.h"

namespace holdfast::node {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

TEST_F(NodeTest, WriteIsReadBackThroughEveryNode) {
  make(5, without_repair());
  const ClientReply written = cluster->write(0, "k", "one");
  ASSERT_EQ(written.error, ErrorCode::none);
  EXPECT_GE(written.real_acks, 2u);
  for (NodeId node = 0; node < 5; ++node) {
    const ClientReply read = cluster->read(node, "k");
    EXPECT_EQ(read.error, ErrorCode::none);
    EXPECT_TRUE(read.found);
    EXPECT_EQ(read.value, "one");
    EXPECT_EQ(read.version, written.version);
    EXPECT_EQ(read.id, written.id);
  }
  for (const NodeId home : homes) EXPECT_EQ(cluster->read_replica(home, "k").row.value, "one");
  for (const NodeId other : fallbacks) EXPECT_FALSE(cluster->read_replica(other, "k").found);
}

TEST_F(NodeTest, DeleteIsReadAsNotFoundWithItsVersion) {
  make(5, without_repair());
  cluster->write(0, "k", "one");
  const ClientReply removed = cluster->remove(1, "k");
  const ClientReply read = cluster->read(2, "k");
  EXPECT_FALSE(read.found);
  EXPECT_EQ(read.version, removed.version);
  EXPECT_EQ(read.id, removed.id);
}

TEST_F(NodeTest, WipedNodeLearnsTheClockBeforeItGivesVersions) {
  make(5, without_repair());
  const ClientReply before = cluster->write(homes[0], "k", "one");
  cluster->wipe(homes[0]);
  for (NodeId node = 0; node < 5; ++node) {
    if (node != homes[0]) cluster->cut(node, homes[0]);
  }
  cluster->start(homes[0]);
  EXPECT_EQ(cluster->write(homes[0], "k", "two").error, ErrorCode::starting);
  cluster->mend();
  cluster->advance(seconds(2));
  const ClientReply after = cluster->write(homes[0], "k", "two");
  EXPECT_EQ(after.error, ErrorCode::none);
  EXPECT_GT(after.version, before.version);
}

TEST_F(NodeTest, VersionsNeverGoBackAcrossAPowerLoss) {
  Config config = without_repair();
  make(3, config);
  const ClientReply before = cluster->write(0, "k", "one");
  cluster->power_loss(0);
  cluster->start(0);
  EXPECT_EQ(cluster->write(0, "k", "two").error, ErrorCode::starting)
      << "the promised ceiling has not passed yet";
  cluster->advance(seconds(1));
  EXPECT_GT(cluster->write(0, "k", "two").version, before.version);
}

TEST_F(NodeTest, AcknowledgedWriteSurvivesAPowerLossOfAllNodes) {
  make(5, without_repair());
  EXPECT_EQ(cluster->write(0, "k", "one", with(QuorumKind::strict, 3)).error, ErrorCode::none);
  for (NodeId node = 0; node < 5; ++node) cluster->power_loss(node);
  for (NodeId node = 0; node < 5; ++node) cluster->start(node);
  cluster->advance(seconds(2));
  EXPECT_EQ(cluster->read(0, "k").value, "one");
}

TEST_F(NodeTest, SyncPointIsHonest) {
  Config config = without_repair();
  config.hint_holder = HintHolder::coordinator;
  make(5, config);
  take_down(homes[2]);
  cluster->write(homes[0], "k", "one");
  const std::string token = cluster->control(homes[0], {ControlAction::create_sync_point}).text;
  const auto check = [&](const std::string& which) {
    return cluster->control(homes[0], {ControlAction::check_sync_point, kNoNode, which}).text;
  };
  EXPECT_EQ(check(token), "IN_PROGRESS");
  bring_up(homes[2]);
  EXPECT_EQ(check(token), "DONE");
  take_down(homes[2]);
  cluster->write(homes[0], "k", "two");
  const std::string second = cluster->control(homes[0], {ControlAction::create_sync_point}).text;
  cluster->control(homes[0], {ControlAction::drop_hints, homes[2]});
  EXPECT_EQ(check(token), "DONE");
  EXPECT_EQ(check(second), "LOST 1");
  EXPECT_FALSE(
      cluster->control(homes[0], {ControlAction::check_sync_point, kNoNode, token + "1"}).ok);
}

TEST_F(NodeTest, TombstonesArePurgedAfterTheirGrace) {
  Config config = without_repair();
  config.tombstone_gc = TombstoneGc::grace;
  config.tombstone_grace = hours(10);
  make(5, config);
  cluster->write(0, "k", "one");
  cluster->remove(0, "k");
  cluster->advance(seconds(2));
  EXPECT_TRUE(cluster->read_replica(homes[0], "k").found);
  cluster->jump(hours(11));
  cluster->advance(seconds(3));
  for (const NodeId home : homes) EXPECT_FALSE(cluster->read_replica(home, "k").found);
  EXPECT_EQ(repair_from(homes[0]).anti_entropy_silent, 1u) << "nothing may bring it back";
}

TEST_F(NodeTest, DumpGivesEveryRowOncePageByPage) {
  make(5, without_repair());
  for (int i = 0; i < 50; ++i) cluster->write(0, "key " + std::to_string(i), "value");
  cluster->advance(seconds(1));
  std::map<std::string, int> seen;
  for (NodeId node = 0; node < 5; ++node) {
    DumpRequest request;
    request.limit = 7;
    for (int page = 0; page < 100; ++page) {
      const auto reply = cluster->call<DumpReply>(node, request);
      for (const DumpedRow& row : reply.rows) ++seen[row.key];
      if (reply.done) break;
      request.token = reply.token;
      request.after_key = reply.after_key;
    }
  }
  EXPECT_EQ(seen.size(), 50u);
  for (const auto& [key, copies] : seen) EXPECT_EQ(copies, 3) << key;
}

TEST_F(NodeTest, RequestsBeyondLimitsAreRefusedDefinitely) {
  Config config = without_repair();
  config.max_value_bytes = 10;
  make(3, config);
  EXPECT_EQ(cluster->write(0, "k", "0123456789a").error, ErrorCode::invalid_request);
  EXPECT_EQ(cluster->write(0, "", "v").error, ErrorCode::invalid_request);
  EXPECT_EQ(cluster->write(0, "k", "v", with(QuorumKind::strict, 4)).error,
            ErrorCode::invalid_request);
  EXPECT_EQ(cluster->read(0, "k", with(QuorumKind::strict, 0)).error, ErrorCode::invalid_request);
}

// Found by `holdfast campaign random`, seed 11418: a node that starts again while answers to its
// former self are under way took them for answers to its new requests, which had the same ids.
TEST_F(NodeTest, LateAnswerToAnEarlierStartIsIgnored) {
  make(3, without_repair());
  ASSERT_EQ(cluster->write(0, "a", "of a").error, ErrorCode::none);
  ASSERT_EQ(cluster->write(1, "b", "of b").error, ErrorCode::none);
  cluster->kill(0);
  cluster->start(0);
  cluster->advance(seconds(5));
  std::optional<Envelope> late;
  const auto is_answer = [](const Envelope& envelope) {
    return envelope.to == Address::of_node(0) &&
           std::holds_alternative<ReplicaReadReply>(envelope.message);
  };
  cluster->filter = [&](const Envelope& envelope) {
    if (is_answer(envelope)) late = envelope;
    return false;
  };
  ASSERT_EQ(cluster->read(0, "a", with(QuorumKind::strict, 2)).value, "of a");
  ASSERT_TRUE(late);
  cluster->kill(0);
  cluster->start(0);
  cluster->advance(seconds(5));
  bool sent = false;
  cluster->filter = [&](const Envelope& envelope) {
    if (!is_answer(envelope) || sent) return false;
    sent = true;
    cluster->send(*late);
    return true;
  };
  const ClientReply reply = cluster->read(0, "b", with(QuorumKind::strict, 2));
  EXPECT_EQ(reply.value, "of b");
  EXPECT_TRUE(sent);
}

TEST_F(NodeTest, NonsenseFromPeersIsIgnored) {
  make(3, without_repair());
  const auto from_peer = [&](Message message) {
    cluster->send({Address::of_node(1), Address::of_node(0), Durability::none, std::move(message)});
    cluster->deliver();
  };
  from_peer(TreeCompare{1, 99, {{0, 0, 1}}});
  from_peer(TreeCompare{1, 0, {{99999, 99999, 1}}});
  from_peer(LeafSummary{1, {{99999, 99999, 1}}, {}});
  from_peer(TreeDifference{1, 0, {{99999, 99999, 1}}});
  from_peer(ReplicaWrite{1, "k", Row{{1, 0, 0, 1}, {1, 1}, false, "v"}, 77});
  from_peer(ReplicaWriteReply{~0ull, HintRefusal::none});
  from_peer(HintDeliveryReply{5, {{1, DeliveryStatus::stored}}});
  from_peer(HandoffGrant{5, 1, Duration{0}});
  from_peer(ClientReply{});
  EXPECT_EQ(cluster->write(0, "k", "one").error, ErrorCode::none);
}

}  // namespace
}  // namespace holdfast::node
