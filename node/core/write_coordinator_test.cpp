// The node as coordinator of writes.
#include "node/core/write_coordinator.h"

#include <gtest/gtest.h>

#include "node/core/node_fixture.h"

namespace holdfast::node {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class WriteCoordinatorTest : public NodeTest {};

TEST_F(WriteCoordinatorTest, HintGoesToTheNextHealthyNodeAndIsHandedOff) {
  make(5, without_repair());
  take_down(homes[2]);
  const ClientReply reply = cluster->write(homes[0], "k", "one");
  EXPECT_EQ(reply.error, ErrorCode::none);
  cluster->advance(seconds(1));
  const StatusReply holder = cluster->status(fallbacks[0]);
  ASSERT_EQ(holder.pending, 1u);
  EXPECT_EQ(holder.queues.front().destination, homes[2]);
  bring_up(homes[2]);
  EXPECT_EQ(cluster->read_replica(homes[2], "k").row.value, "one");
  const StatusReply after = cluster->status(fallbacks[0]);
  EXPECT_EQ(after.pending, 0u);
  EXPECT_EQ(after.ledger.delivered, 1u);
}

TEST_F(WriteCoordinatorTest, CoordinatorKeepsTheHintWhereConfigured) {
  Config config = without_repair();
  config.hint_holder = HintHolder::coordinator;
  make(5, config);
  take_down(homes[2]);
  cluster->write(homes[0], "k", "one");
  EXPECT_EQ(cluster->status(homes[0]).pending, 1u);
  EXPECT_EQ(pending(), 1u);
  bring_up(homes[2]);
  EXPECT_EQ(cluster->read_replica(homes[2], "k").row.value, "one");
}

TEST_F(WriteCoordinatorTest, StrictQuorumFailsDefinitelyWhenTooFewHomeReplicasAreUp) {
  make(5, without_repair());
  cluster->kill(homes[1]);
  take_down(homes[2]);
  const ClientReply reply = cluster->write(fallbacks[0], "k", "one");
  EXPECT_EQ(reply.error, ErrorCode::unavailable);
  EXPECT_FALSE(cluster->read_replica(homes[0], "k").found);
  EXPECT_EQ(cluster->status(fallbacks[0]).pending, 0u);
}

TEST_F(WriteCoordinatorTest, SloppyQuorumCountsFallbacks) {
  make(5, without_repair());
  cluster->kill(homes[1]);
  take_down(homes[2]);
  const ClientReply reply = cluster->write(fallbacks[0], "k", "one", with(QuorumKind::sloppy, 3));
  EXPECT_EQ(reply.error, ErrorCode::none);
  EXPECT_EQ(reply.real_acks, 1u);
  EXPECT_EQ(reply.hint_acks, 2u);
  const ClientReply read = cluster->read(fallbacks[1], "k", with(QuorumKind::sloppy, 2));
  EXPECT_EQ(read.value, "one");
}

TEST_F(WriteCoordinatorTest, HomeReplicasAreRequiredByPw) {
  make(5, without_repair());
  cluster->kill(homes[1]);
  take_down(homes[2]);
  RequestOptions options = with(QuorumKind::sloppy, 2);
  options.pw = 2;
  EXPECT_EQ(cluster->write(fallbacks[0], "k", "one", options).error, ErrorCode::unavailable);
}

TEST_F(WriteCoordinatorTest, AnyQuorumIsMetByAHintAlone) {
  make(5, without_repair());
  for (const NodeId home : homes) cluster->kill(home);
  cluster->advance(seconds(6));
  const ClientReply reply = cluster->write(fallbacks[0], "k", "one", with(QuorumKind::any, 1));
  EXPECT_EQ(reply.error, ErrorCode::none);
  EXPECT_EQ(reply.real_acks, 0u);
  EXPECT_EQ(reply.hint_acks, 1u);
  for (const NodeId home : homes) cluster->start(home);
  cluster->advance(seconds(5));
  for (const NodeId home : homes) EXPECT_EQ(cluster->read_replica(home, "k").row.value, "one");
}

TEST_F(WriteCoordinatorTest, LateHomeReplicaGetsAHintAtTheDeadline) {
  make(5, without_repair());
  cluster->filter = [&](const Envelope& envelope) {
    return std::holds_alternative<ReplicaWrite>(envelope.message) &&
           envelope.to == Address::of_node(homes[2]);
  };
  EXPECT_EQ(cluster->write(homes[0], "k", "one").error, ErrorCode::none);
  EXPECT_EQ(cluster->status(fallbacks[0]).pending, 0u);
  cluster->advance(milliseconds(1500));
  EXPECT_EQ(cluster->status(fallbacks[0]).ledger.created, 1u);
  cluster->advance(seconds(3));
  EXPECT_EQ(cluster->read_replica(homes[2], "k").row.value, "one");
}

TEST_F(WriteCoordinatorTest, TimeoutIsIndefinite) {
  make(5, without_repair());
  cluster->filter = [&](const Envelope& envelope) {
    return std::holds_alternative<ReplicaWrite>(envelope.message);
  };
  const ClientReply reply = cluster->write(homes[0], "k", "one");
  EXPECT_EQ(reply.error, ErrorCode::timeout);
  EXPECT_FALSE(is_definite(reply.error));
}

TEST_F(WriteCoordinatorTest, LateHintDoesNotWaitForTheClientsDeadline) {
  make(5, without_repair());
  cluster->filter = [&](const Envelope& envelope) {
    return std::holds_alternative<ReplicaWrite>(envelope.message) &&
           envelope.to == Address::of_node(homes[2]);
  };
  RequestOptions options;
  options.timeout = minutes(5);
  EXPECT_EQ(cluster->write(homes[0], "k", "one", options).error, ErrorCode::none);
  cluster->advance(milliseconds(1500));
  EXPECT_EQ(cluster->status(fallbacks[0]).ledger.created, 1u);
}

TEST_F(WriteCoordinatorTest, ClientMayWaitForAHomeReplicaThatHasAHintAlready) {
  make(5, without_repair());
  const SteadyTime begin = cluster->now().steady;
  std::optional<Envelope> held;
  bool arrived = false;
  cluster->filter = [&](const Envelope& envelope) {
    if (held && cluster->now().steady > begin + seconds(3)) {
      arrived = true;
      cluster->send(*std::exchange(held, std::nullopt));
    }
    const auto* write = std::get_if<ReplicaWrite>(&envelope.message);
    if (arrived || write == nullptr || envelope.to.node != homes[2]) return false;
    held = envelope;
    return true;
  };
  RequestOptions options = with(QuorumKind::strict, 3);
  options.timeout = seconds(10);
  const ClientReply reply = cluster->write(homes[0], "k", "one", options);
  EXPECT_EQ(reply.error, ErrorCode::none);
  EXPECT_EQ(reply.real_acks, 3u);
  EXPECT_EQ(reply.hint_acks, 1u);
}

// A slow replica must not use up the limit on requests: with W=2 the writes have been answered.
TEST_F(WriteCoordinatorTest, AnsweredWritesDoNotCountAsUnderWay) {
  Config config = without_repair();
  config.requests_in_flight = 10;
  make(3, config);
  cluster->filter = [&](const Envelope& envelope) {
    return std::holds_alternative<ReplicaWrite>(envelope.message) &&
           envelope.to == Address::of_node(homes[2]);
  };
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(cluster->write(homes[0], "key " + std::to_string(i), "v").error, ErrorCode::none);
  }
  const StatusReply status = cluster->status(homes[0]);
  EXPECT_LE(status.requests_in_flight, 10u);
  EXPECT_GE(status.ledger.created, 90u) << "the oldest became hints early";
  cluster->filter = nullptr;
  cluster->advance(seconds(5));
  EXPECT_EQ(cluster->status(homes[2]).rows, 100u);
}

// Large values fill the memory before their number reaches its limit.
TEST_F(WriteCoordinatorTest, BytesUnderWayAreBounded) {
  Config config = without_repair();
  config.max_value_bytes = kMostValueBytes;
  make(5, config);
  cluster->filter = [&](const Envelope& envelope) {
    return std::holds_alternative<ReplicaWrite>(envelope.message);
  };
  ClientWrite write;
  write.key = "k";
  write.value.assign(kMostValueBytes, 'x');
  // Not a home replica, so that it stores nothing itself: 8 of 32 MiB wait for the others.
  for (std::uint64_t client = 1000; client < 1008; ++client) {
    cluster->send(
        {Address::of_client(client), Address::of_node(fallbacks[0]), Durability::none, write});
  }
  EXPECT_EQ(cluster->write(fallbacks[0], "k", "small").error, ErrorCode::overloaded);
}

}  // namespace
}  // namespace holdfast::node
