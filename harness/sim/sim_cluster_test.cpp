#include "harness/sim/sim_cluster.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "harness/sim/testing/scenario.h"

namespace holdfast::harness {
namespace {

using namespace std::chrono_literals;
using nemesis::DiskFault;

constexpr Duration kDetection = 10s;  // longer than failure_timeout

SimOptions sloppy() {
  SimOptions options;
  options.config.quorum = node::QuorumKind::sloppy;
  options.config.anti_entropy = node::AntiEntropy::on_demand;
  options.config.read_repair = node::ReadRepair::off;
  return options;
}

void cut_off(Scenario& scenario, NodeId node, bool cut) {
  for (NodeId other = 0; other < scenario.cluster.size(); ++other) {
    if (other == node) continue;
    if (cut) {
      scenario.faults().cut({{node, other}, {other, node}});
    } else {
      scenario.faults().mend({{node, other}, {other, node}});
    }
  }
}

TEST(SimCluster, StartsReadyAndAtTimeZero) {
  Scenario scenario;
  EXPECT_EQ(scenario.cluster.now_ns(), 0);
  for (NodeId id = 0; id < 5; ++id) {
    const Result<node::StatusReply> status = scenario.status(id);
    ASSERT_TRUE(status.has_value());
    EXPECT_TRUE(status->ready);
    EXPECT_EQ(status->node, id);
  }
}

TEST(SimCluster, RefusesAContradictoryConfiguration) {
  SimOptions options;
  options.config.w = 4;
  SimCluster cluster(options);
  EXPECT_FALSE(cluster.start().has_value());
}

TEST(SimCluster, ReadsWhatWasWrittenThroughAnyNode) {
  Scenario scenario;
  EXPECT_EQ(scenario.write(0, "k", "value").error, ErrorCode::none);
  for (NodeId id = 0; id < 5; ++id) {
    const node::ClientReply reply = scenario.read(id, "k");
    EXPECT_EQ(reply.error, ErrorCode::none);
    EXPECT_EQ(reply.value, "value");
  }
  EXPECT_EQ(scenario.remove(3, "k").error, ErrorCode::none);
  EXPECT_FALSE(scenario.read(1, "k").found);
}

TEST(SimCluster, RunsTimersInOrderAndOnlyFromInsideRun) {
  Scenario scenario;
  std::vector<int> order;
  scenario.cluster.after(2ms, [&] { order.push_back(2); });
  scenario.cluster.after(1ms, [&] { order.push_back(1); });
  scenario.cluster.after(0ms, [&] { order.push_back(0); });
  EXPECT_TRUE(order.empty());
  const std::int64_t before = scenario.cluster.now_ns();
  scenario.pass(5ms);
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(scenario.cluster.now_ns() - before, 5'000'000);
}

TEST(SimCluster, AnInterruptEndsOneRun) {
  Scenario scenario;
  scenario.cluster.after(1ms, [&] { scenario.cluster.interrupt(); });
  EXPECT_FALSE(scenario.cluster.run([] { return false; }));
  bool passed = false;
  scenario.cluster.after(1ms, [&] { passed = true; });
  EXPECT_TRUE(scenario.cluster.run([&] { return passed; }));
}

// ---- Requests and their failures --------------------------------------------------------------

TEST(SimCluster, ANodeThatIsDownRefuses) {
  Scenario scenario;
  scenario.faults().kill(2);
  EXPECT_FALSE(scenario.faults().is_running(2));
  EXPECT_EQ(scenario.write(2, "k", "v").error, ErrorCode::refused);
  const Result<node::StatusReply> status = scenario.status(2);
  ASSERT_FALSE(status.has_value());
  EXPECT_NE(status.error().message.find("n3"), std::string::npos);
}

TEST(SimCluster, ANodeThatDiesBreaksTheConnection) {
  Scenario scenario;
  scenario.cluster.after(300us, [&] { scenario.faults().kill(2); });
  EXPECT_EQ(scenario.write(2, "k", "v").error, ErrorCode::connection_lost);
}

TEST(SimCluster, APausedNodeLetsTheClientTimeOutAndAnswersLater) {
  Scenario scenario;
  scenario.faults().pause(2);
  EXPECT_TRUE(scenario.faults().is_paused(2));
  const std::int64_t before = scenario.cluster.now_ns();
  EXPECT_EQ(scenario.write(2, "k", "v", 700ms).error, ErrorCode::timeout);
  EXPECT_EQ(scenario.cluster.now_ns() - before, 700'000'000);
  EXPECT_FALSE(scenario.read(1, "k").found);
  scenario.faults().resume(2);
  scenario.pass(1s);
  EXPECT_TRUE(scenario.read(1, "k").found) << "the request waited in the paused node's sockets";
}

TEST(SimCluster, ShorterTimeoutsEndBeforeLongerOnes) {
  Scenario scenario;
  scenario.faults().pause(2);
  std::vector<int> ended;
  scenario.cluster.request(2, node::ClientRead{"k", {}}, 500ms,
                           [&](const node::ClientReply&) { ended.push_back(500); });
  scenario.cluster.request(2, node::ClientRead{"k", {}}, 100ms,
                           [&](const node::ClientReply&) { ended.push_back(100); });
  scenario.cluster.request(2, node::ClientRead{"k", {}}, 900ms,
                           [&](const node::ClientReply&) { ended.push_back(900); });
  scenario.pass(2s);
  EXPECT_EQ(ended, (std::vector<int>{100, 500, 900}));
}

// ---- Outages and hints ------------------------------------------------------------------------

TEST(SimCluster, AHintIsKeptForAKilledNodeAndDeliveredWhenItReturns) {
  Scenario scenario(sloppy());
  const std::string key = scenario.key_of(3);
  scenario.faults().kill(3);
  scenario.pass(kDetection);
  const node::ClientReply reply = scenario.write(scenario.other_than(3), key, "value");
  ASSERT_EQ(reply.error, ErrorCode::none);
  scenario.pass(2s);
  EXPECT_EQ(scenario.pending_hints(), 1u);
  scenario.faults().restart(3);
  ASSERT_TRUE(scenario.wait_until([&] { return scenario.pending_hints() == 0; }, 60s));
  EXPECT_EQ(scenario.rows(3)[key].value, "value");
}

TEST(SimCluster, AHintSurvivesItsHolderBeingKilled) {
  Scenario scenario(sloppy());
  const std::string key = scenario.key_of(3);
  scenario.faults().kill(3);
  scenario.pass(kDetection);
  ASSERT_EQ(scenario.write(scenario.other_than(3), key, "value").error, ErrorCode::none);
  scenario.pass(2s);
  const std::optional<NodeId> holder = scenario.hint_holder();
  ASSERT_TRUE(holder);
  scenario.faults().kill(*holder);
  scenario.faults().restart(3);
  scenario.pass(kDetection);
  EXPECT_EQ(scenario.rows(3).count(key), 0u);
  scenario.faults().restart(*holder);
  ASSERT_TRUE(scenario.wait_until([&] { return scenario.pending_hints() == 0; }, 60s));
  EXPECT_EQ(scenario.rows(3)[key].value, "value");
}

TEST(SimCluster, AWipedHolderTakesItsHintsAlong) {
  Scenario scenario(sloppy());
  const std::string key = scenario.key_of(3);
  scenario.faults().kill(3);
  scenario.pass(kDetection);
  ASSERT_EQ(scenario.write(scenario.other_than(3), key, "value").error, ErrorCode::none);
  scenario.pass(2s);
  const std::optional<NodeId> holder = scenario.hint_holder();
  ASSERT_TRUE(holder);
  const std::uint64_t incarnation = scenario.status(*holder)->store_incarnation;
  scenario.faults().wipe(*holder);
  scenario.faults().restart(*holder);
  scenario.faults().restart(3);
  scenario.pass(kDetection);
  EXPECT_EQ(scenario.pending_hints(), 0u);
  EXPECT_GT(scenario.status(*holder)->store_incarnation, incarnation);
  EXPECT_EQ(scenario.rows(3).count(key), 0u);
}

TEST(SimCluster, AntiEntropyRefillsAWipedNode) {
  Scenario scenario(sloppy());
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(scenario.write(0, "k" + std::to_string(i), "v").error, ErrorCode::none);
  }
  scenario.pass(2s);
  const std::size_t rows = scenario.rows(1).size();
  ASSERT_GT(rows, 10u);
  scenario.faults().wipe(1);
  scenario.faults().restart(1);
  scenario.pass(kDetection);
  EXPECT_TRUE(scenario.rows(1).empty());
  for (NodeId id = 0; id < 5; ++id) {
    ASSERT_TRUE(scenario.control(id, {node::ControlAction::start_anti_entropy, kNoNode, "", ""}));
    scenario.pass(5s);
  }
  EXPECT_EQ(scenario.rows(1).size(), rows);
}

TEST(SimCluster, A36HourOutageTakesNoTimeAtAll) {
  Scenario scenario(sloppy());
  const std::string key = scenario.key_of(3);
  scenario.faults().kill(3);
  scenario.pass(36h);
  ASSERT_EQ(scenario.write(scenario.other_than(3), key, "value").error, ErrorCode::none);
  scenario.pass(2s);
  EXPECT_EQ(scenario.pending_hints(), 0u) << "the hint window of 3 hours is over";
  EXPECT_GT(scenario.cluster.now_ns(), std::int64_t{36} * 3600 * 1'000'000'000);
}

// ---- Network ----------------------------------------------------------------------------------

TEST(SimCluster, ANodeCutOffFromAllOthersCannotWriteUntilTheLinksAreMended) {
  Scenario scenario;
  const NodeId node = 2;
  cut_off(scenario, node, true);
  EXPECT_NE(scenario.write(node, "k", "v").error, ErrorCode::none);
  cut_off(scenario, node, false);
  EXPECT_TRUE(scenario.wait_until(
      [&] { return scenario.write(node, "k", "v").error == ErrorCode::none; }, 10s));
}

TEST(SimCluster, AOneWayCutIsSeenOnOneSideOnly) {
  Scenario scenario;
  scenario.faults().cut({{0, 1}});
  scenario.pass(kDetection);
  const auto sees = [&](NodeId who, NodeId whom) {
    const Result<node::StatusReply> status = scenario.status(who);
    for (const node::PeerStatus& peer : status->peers) {
      if (peer.node == whom) return peer.up;
    }
    return false;
  };
  EXPECT_FALSE(sees(1, 0));
  EXPECT_TRUE(sees(0, 1));
  EXPECT_TRUE(sees(2, 0));
}

TEST(SimCluster, WorksOverBadLinks) {
  Scenario scenario;
  const nemesis::LinkQuality bad{20ms, 50ms, 20, 200, 200};
  for (NodeId from = 0; from < 5; ++from) {
    for (NodeId to = 0; to < 5; ++to) scenario.faults().set_link(from, to, bad);
  }
  int succeeded = 0;
  for (int i = 0; i < 50; ++i) {
    const std::string key = "k" + std::to_string(i);
    if (scenario.write(static_cast<NodeId>(i % 5), key, "v").error != ErrorCode::none) continue;
    ++succeeded;
    const node::ClientReply reply = scenario.read(static_cast<NodeId>((i + 2) % 5), key);
    if (reply.error == ErrorCode::none) {
      EXPECT_EQ(reply.value, "v");
    }
  }
  EXPECT_GT(succeeded, 40);
}

// ---- Processes and clocks ---------------------------------------------------------------------

TEST(SimCluster, ANodePausedForLongDoesNotTakeTheOthersForDead) {
  Scenario scenario;
  scenario.cluster.take_events(2);
  scenario.faults().pause(2);
  scenario.pass(2min);
  scenario.faults().resume(2);
  scenario.pass(3s);
  for (const node::Event& event : scenario.cluster.take_events(2)) {
    EXPECT_NE(event.kind, node::EventKind::peer_down);
  }
}

TEST(SimCluster, EventsOfAllIncarnationsAreKept) {
  Scenario scenario;
  scenario.faults().kill(2);
  scenario.faults().wipe(2);
  scenario.faults().restart(2);
  scenario.pass(1s);
  int starts = 0;
  for (const node::Event& event : scenario.cluster.take_events(2)) {
    starts += event.kind == node::EventKind::started;
  }
  EXPECT_EQ(starts, 2);
  EXPECT_TRUE(scenario.cluster.take_events(2).empty());
}

TEST(SimCluster, AWallClockMayBeOffAndDrift) {
  Scenario scenario;
  EXPECT_EQ(scenario.cluster.clock_offset(1), Duration{0});
  scenario.faults().set_clock(1, 90s, 100);
  EXPECT_EQ(scenario.cluster.clock_offset(1), Duration(90s));
  scenario.pass(1h);
  EXPECT_EQ(scenario.cluster.clock_offset(1), Duration(90s) + Duration(360ms));
  const node::ClientReply ahead = scenario.write(1, "k", "v");
  ASSERT_EQ(ahead.error, ErrorCode::none);
  const std::int64_t true_us = NodeClock::kEpochUs + scenario.cluster.now_ns() / 1000;
  EXPECT_GT(ahead.version.clock_us, true_us + 89'000'000);
}

// ---- Disks ------------------------------------------------------------------------------------

TEST(SimCluster, AFullDiskRefusesWritesAndTheNodeRecoversWithItsData) {
  Scenario scenario;
  const std::string key = scenario.key_of(1);
  ASSERT_EQ(scenario.write(1, key, "before").error, ErrorCode::none);
  scenario.faults().set_disk(1, DiskFault::full);
  const std::string big(200'000, 'x');
  for (int i = 0; i < 20; ++i) scenario.write(1, "big" + std::to_string(i), big, 2s);
  EXPECT_TRUE(scenario.faults().is_running(1));
  scenario.faults().set_disk(1, DiskFault::none);
  ASSERT_TRUE(scenario.wait_until(
      [&] { return scenario.write(1, key, "after").error == ErrorCode::none; }, 30s));
  EXPECT_EQ(scenario.read(1, key).value, "after");
}

TEST(SimCluster, ADiskThatFailsTakesTheNodeDownUntilItWorksAgain) {
  Scenario scenario;
  const std::string key = scenario.key_of(1);
  ASSERT_EQ(scenario.write(1, key, "before").error, ErrorCode::none);
  scenario.faults().set_disk(1, DiskFault::io_error);
  EXPECT_NE(scenario.write(1, key, "during").error, ErrorCode::none);
  scenario.pass(5s);
  scenario.faults().set_disk(1, DiskFault::none);
  ASSERT_TRUE(scenario.wait_until([&] { return scenario.status(1).has_value(); }, 30s));
  ASSERT_TRUE(scenario.wait_until(
      [&] { return scenario.write(1, key, "after").error == ErrorCode::none; }, 30s));
}

TEST(SimCluster, SlowSyncsMakeWritesSlow) {
  SimOptions options;
  options.config.w = 3;
  Scenario scenario(options);
  const std::string key = scenario.key_of(1);
  const NodeId coordinator = scenario.home_replicas(key)[0];
  ASSERT_EQ(scenario.write(coordinator, key, "v").error, ErrorCode::none);
  scenario.faults().set_disk(1, DiskFault::slow_sync);
  const std::int64_t before = scenario.cluster.now_ns();
  ASSERT_EQ(scenario.write(coordinator, key, "v").error, ErrorCode::none);
  EXPECT_GT(scenario.cluster.now_ns() - before, 200'000'000);
}

TEST(SimCluster, AFlippedBitIsNeverReadAsData) {
  int lost = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    SimOptions options = sloppy();
    options.seed = seed;
    Scenario scenario(options);
    // Enough for many checkpoints, so that most pages are read from the database, not the log.
    const std::string value(1000, 'v');
    for (int i = 0; i < 4000; ++i) {
      ASSERT_EQ(scenario.write(0, "k" + std::to_string(i), value).error, ErrorCode::none);
    }
    for (int flip = 0; flip < 3; ++flip) scenario.faults().set_disk(1, DiskFault::bit_flip);
    scenario.faults().kill(1);
    scenario.faults().restart(1);
    scenario.pass(kDetection);
    scenario.cluster.dump(1, {.limit = 10'000}, [](const Result<node::DumpReply>& reply) {
      if (!reply) return;
      for (const node::DumpedRow& row : reply->rows) EXPECT_EQ(row.row.value.size(), 1000u);
    });
    scenario.pass(kDetection);
    const Result<node::StatusReply> status = scenario.status(1);
    ASSERT_TRUE(status.has_value());
    lost += status->store_lost;
  }
  EXPECT_GT(lost, 0);
}

}  // namespace
}  // namespace holdfast::harness
