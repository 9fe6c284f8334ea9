#include "harness/sim/streams.h"

#include <gtest/gtest.h>

#include "harness/sim/testing/scenario.h"

namespace holdfast::harness {
namespace {

using namespace std::chrono_literals;

// Two nodes' streams without the nodes.
class StreamsTest : public testing::Test {
 protected:
  void send(std::uint64_t request, std::size_t bytes = 100, bool listening = true) {
    node::ReplicaWrite write;
    write.request = request;
    write.key = "k";
    write.row.version = {1, 0, 0, 1};
    write.row.value = std::string(bytes, 'v');
    streams_.send({node::Address::of_node(0), node::Address::of_node(1), node::Durability::none,
                   std::move(write)},
                  listening);
  }
  // Delivers what is under way; returns the requests that arrived.
  std::vector<std::uint64_t> deliver(std::size_t most = SIZE_MAX) {
    std::vector<node::Envelope> arrived;
    for (; most > 0 && !simulation_.queue.empty(); --most) {
      simulation_.now = simulation_.queue.next_time();
      streams_.on_segment(simulation_.queue.pop(), arrived);
    }
    std::vector<std::uint64_t> requests;
    for (const node::Envelope& envelope : arrived) {
      requests.push_back(std::get<node::ReplicaWrite>(envelope.message).request);
    }
    return requests;
  }
  static std::vector<std::uint64_t> numbers(std::uint64_t first, std::uint64_t last) {
    std::vector<std::uint64_t> numbers;
    for (std::uint64_t i = first; i <= last; ++i) numbers.push_back(i);
    return numbers;
  }

  Simulation simulation_;
  Network network_{1, 2, {}};
  Streams streams_{1, 2, simulation_, network_};
};

TEST_F(StreamsTest, DeliverAllMessagesInOrderHoweverTheyAreCut) {
  for (std::uint64_t i = 1; i <= 500; ++i) send(i);
  EXPECT_GT(simulation_.queue.size(), 600u) << "messages are split";
  EXPECT_EQ(deliver(), numbers(1, 500));
}

TEST_F(StreamsTest, ALostPieceComesAgainAndHoldsUpTheRest) {
  network_.set_quality(0, 1, {.loss_per_mille = 200});
  for (std::uint64_t i = 1; i <= 100; ++i) send(i);
  EXPECT_EQ(deliver(), numbers(1, 100));
  EXPECT_GT(simulation_.now, 1'000'000'000);
}

TEST_F(StreamsTest, ACorruptedPieceBreaksTheConnectionAndNothingWrongArrives) {
  network_.set_quality(0, 1, {.corrupt_per_mille = 100});
  std::uint64_t arrived = 0;
  for (std::uint64_t round = 0; round < 100; ++round) {
    for (std::uint64_t i = 0; i < 20; ++i) send(round * 20 + i);
    std::uint64_t least = round * 20;
    for (const std::uint64_t request : deliver()) {
      EXPECT_GE(request, least) << "out of order, or of a connection that broke";
      EXPECT_LT(request, round * 20 + 20);
      least = request + 1;
      ++arrived;
    }
    simulation_.now += 2'000'000'000;  // long enough for the next connection
  }
  EXPECT_GT(arrived, 200u);
  EXPECT_LT(arrived, 1800u);
}

TEST_F(StreamsTest, ReorderingAndDuplicatesDoNotExist) {
  network_.set_quality(0, 1, {.duplicate_per_mille = 500, .reorder_per_mille = 500});
  for (std::uint64_t i = 1; i <= 100; ++i) send(i);
  EXPECT_EQ(deliver(), numbers(1, 100));
}

TEST_F(StreamsTest, ACutBreaksTheConnectionPerhapsInsideAMessage) {
  for (std::uint64_t i = 1; i <= 20; ++i) send(i);
  const std::vector<std::uint64_t> before = deliver(15);
  EXPECT_LT(before.size(), 20u);
  network_.set_cut(0, 1, true);
  EXPECT_TRUE(deliver().empty());
  network_.set_cut(0, 1, false);
  send(21);
  EXPECT_TRUE(deliver().empty()) << "the sender waits before it connects again";
  simulation_.now += 1'000'000'000;
  for (std::uint64_t i = 22; i <= 30; ++i) send(i);
  EXPECT_EQ(deliver(), numbers(22, 30)) << "half a message of the old connection does no harm";
}

TEST_F(StreamsTest, AProcessThatDiesBreaksItsConnections) {
  for (std::uint64_t i = 1; i <= 20; ++i) send(i);
  deliver(15);
  streams_.close(1);
  EXPECT_TRUE(deliver().empty());
  simulation_.now += 1'000'000'000;
  send(21, 100, false);
  EXPECT_TRUE(deliver().empty()) << "nobody listens";
  simulation_.now += 1'000'000'000;
  send(22);
  EXPECT_EQ(deliver(), numbers(22, 22));
}

TEST_F(StreamsTest, WhatAFullBufferDoesNotTakeIsDroppedAndTheConnectionLives) {
  for (std::uint64_t i = 1; i <= 6; ++i) send(i, node::kMaxUnsentBytes / 4);
  EXPECT_EQ(deliver(), numbers(1, 4));
  send(7);
  EXPECT_EQ(deliver(), numbers(7, 7));
}

TEST_F(StreamsTest, ManyLargeMessagesBreakNothing) {
  for (std::uint64_t i = 1; i <= 32; ++i) send(i, 100'000);
  EXPECT_EQ(deliver(), numbers(1, 32));
}

TEST(SimCluster, WorksInStreams) {
  SimOptions options;
  options.network.streams = true;
  options.config.quorum = node::QuorumKind::sloppy;
  Scenario scenario(options);
  const std::string key = scenario.key_of(3);
  EXPECT_EQ(scenario.write(0, key, "value").error, ErrorCode::none);
  scenario.faults().kill(3);
  scenario.pass(10s);
  ASSERT_EQ(scenario.write(scenario.other_than(3), key, "newer").error, ErrorCode::none);
  scenario.faults().restart(3);
  scenario.pass(10s);
  EXPECT_EQ(scenario.pending_hints(), 0u);
  EXPECT_EQ(scenario.rows(3)[key].value, "newer");
}

}  // namespace
}  // namespace holdfast::harness
