#include "nemesis/nemesis.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "nemesis/fake_view.h"

namespace holdfast::nemesis {
namespace {

using std::chrono::seconds;
using Json = nlohmann::json;
using Log = std::vector<std::string>;

Schedule parse(const char* text) {
  Schedule schedule;
  for (const Json& each : Json::parse(text)) {
    auto planned = parse_planned_fault(each);
    EXPECT_TRUE(planned) << each.dump();
    if (planned) schedule.push_back(*planned);
  }
  return schedule;
}

// Runs the schedule for `time` and heals.
Log run(FakeView& view, Schedule schedule, Duration time, Schedule* recorded = nullptr) {
  Nemesis nemesis(view, std::move(schedule), {});
  nemesis.start();
  view.run_until(time);
  nemesis.heal();
  if (recorded != nullptr) {
    for (const InjectedFault& each : nemesis.injected()) recorded->push_back(each.planned);
  }
  return view.log;
}

TEST(Nemesis, KillsAndRestartsOnTime) {
  FakeView view(5);
  const auto log =
      run(view, parse(R"([{"at":"1s","fault":"kill","on":"n2","for":"2s"}])"), seconds(10));
  EXPECT_EQ(log, (Log{"1000ms kill n2", "3000ms restart n2"}));
}

TEST(Nemesis, OverlappingFaultsHoldANodeDownUntilTheLast) {
  FakeView view(5);
  const auto log = run(view, parse(R"([{"at":"1s","fault":"kill","on":"n2","for":"4s"},
                                       {"at":"2s","fault":"wipe","on":"n2","for":"1s"},
                                       {"at":"2500ms","fault":"restart","on":"n2"}])"),
                       seconds(10));
  EXPECT_EQ(log, (Log{"1000ms kill n2", "2000ms wipe n2", "2500ms kill n2", "5000ms restart n2"}));
}

TEST(Nemesis, HealUndoesEverythingAndStopsTheRest) {
  FakeView view(5);
  const auto log = run(view, parse(R"([{"at":"1s","fault":"kill","on":"n1"},
                                       {"at":"1s","fault":"pause","on":"n2"},
                                       {"at":"1s","fault":"partition","on":"n3"},
                                       {"at":"1s","fault":"link","on":"n4","delay_ms":100},
                                       {"at":"1s","fault":"disk","on":"n4","mode":"full"},
                                       {"at":"1s","fault":"clock","on":"n5","offset_ms":-500},
                                       {"at":"9s","fault":"kill","on":"n5"}])"),
                       seconds(5));
  view.run_until(seconds(20));
  EXPECT_EQ(log,
            (Log{"1000ms kill n1", "1000ms pause n2", "5000ms restart n1", "5000ms resume n2"}));
  EXPECT_EQ(view.log, log) << "nothing after the heal";
  EXPECT_TRUE(view.cuts.empty());
  EXPECT_EQ(view.disks[3], DiskFault::none);
  EXPECT_EQ(view.clocks[4], Duration(0));
  for (const auto& [link, quality] : view.links) EXPECT_EQ(quality, LinkQuality{});
}

TEST(Nemesis, PartitionsHaveTheirShapes) {
  using Cuts = std::set<std::pair<NodeId, NodeId>>;
  const auto cuts = [](const char* schedule, std::uint16_t nodes) {
    FakeView view(nodes);
    Nemesis nemesis(view, parse(schedule), {});
    nemesis.start();
    view.run_until(seconds(1));
    return view.cuts;
  };
  EXPECT_EQ(cuts(R"([{"at":"0s","fault":"partition","on":"n1"}])", 3),
            (Cuts{{0, 1}, {0, 2}, {1, 0}, {2, 0}}));
  EXPECT_EQ(cuts(R"([{"at":"0s","fault":"partition","on":"n1","shape":"out"}])", 3),
            (Cuts{{0, 1}, {0, 2}}));
  EXPECT_EQ(cuts(R"([{"at":"0s","fault":"partition","on":"n1","shape":"in"}])", 3),
            (Cuts{{1, 0}, {2, 0}}));
  EXPECT_EQ(cuts(R"([{"at":"0s","fault":"partition","on":"n3,n1","shape":"link"}])", 3),
            (Cuts{{0, 2}, {2, 0}}));
  EXPECT_EQ(cuts(R"([{"at":"0s","fault":"partition","on":"n3,n1","shape":"link_out"}])", 3),
            (Cuts{{2, 0}}));
  EXPECT_EQ(cuts(R"([{"at":"0s","fault":"partition","shape":"halves"}])", 5).size(), 12U);
}

TEST(Nemesis, RingGivesEveryNodeADifferentMajority) {
  for (std::uint16_t size : {3, 4, 5, 6, 7, 9}) {
    FakeView view(size);
    Nemesis nemesis(view, parse(R"([{"at":"0s","fault":"partition","shape":"ring"}])"), {});
    nemesis.start();
    view.run_until(seconds(1));
    std::set<std::set<NodeId>> majorities;
    for (NodeId to = 0; to < size; ++to) {
      std::set<NodeId> heard;
      for (NodeId from = 0; from < size; ++from) {
        if (!view.cuts.contains({from, to})) heard.insert(from);
      }
      EXPECT_EQ(heard.size(), size / 2U + 1) << size;
      EXPECT_TRUE(heard.contains(to));
      majorities.insert(heard);
    }
    EXPECT_EQ(majorities.size(), size);
  }
}

TEST(Nemesis, OutageIsRecordedAsWhatItDid) {
  FakeView view(5);
  Schedule recorded;
  run(view, parse(R"([{"at":"1s","fault":"outage","on":"n3","for":"2s"}])"), seconds(10),
      &recorded);
  ASSERT_EQ(recorded.size(), 2U);
  EXPECT_EQ(to_json(recorded[0]).dump(), R"({"at":"1s","fault":"kill","on":"n3","for":"2s"})");
  EXPECT_EQ(to_json(recorded[1]).dump(), R"({"at":"10s","fault":"heal"})");
}

TEST(Nemesis, HintHolderCrashWaitsForAHolder) {
  FakeView view(5);
  Nemesis nemesis(view, parse(R"([{"at":"1s","fault":"hint-holder-crash","least":10,
                                   "how":"power-loss","for":"1s"}])"),
                  {});
  nemesis.start();
  view.run_until(seconds(2));
  EXPECT_TRUE(view.log.empty());
  EXPECT_FALSE(nemesis.done());
  view.held = {{3, 0, 9, false}, {1, 0, 12, false}, {2, 0, 40, false}};
  view.run_until(seconds(3));
  ASSERT_EQ(nemesis.injected().size(), 1U);
  EXPECT_EQ(nemesis.injected()[0].by, "hint-holder-crash");
  EXPECT_EQ(nemesis.injected()[0].planned.fault, "power-loss");
  EXPECT_EQ(nemesis.injected()[0].planned.on, spec_of({2}));
  view.run_until(seconds(5));
  EXPECT_TRUE(nemesis.done());
  EXPECT_EQ(view.log.size(), 2U);
}

TEST(Nemesis, HintHolderCrashStrikesBetweenDeliveryAndAcknowledgement) {
  FakeView view(5);
  Nemesis nemesis(view, parse(R"([{"at":"1s","fault":"hint-holder-crash","when":"delivering"}])"),
                  {});
  nemesis.start();
  view.held = {{3, 0, 9, false}};
  view.run_until(seconds(2));
  EXPECT_TRUE(view.log.empty());
  view.held[0].delivering = true;
  view.run_until(seconds(3));
  ASSERT_EQ(view.log.size(), 1U);
  EXPECT_TRUE(view.down.contains(3));
}

TEST(Nemesis, HintHolderCrashMayHitTheDestination) {
  FakeView view(5);
  view.held = {{3, 0, 9, true}};
  Nemesis nemesis(view, parse(R"([{"at":"1s","fault":"hint-holder-crash","when":"delivering",
                             "hits":"destination"}])"),
                  {});
  nemesis.start();
  view.run_until(seconds(3));
  EXPECT_TRUE(view.down.contains(0));
  EXPECT_FALSE(view.down.contains(3));
}

TEST(Nemesis, HintHolderCrashGivesUp) {
  FakeView view(5);
  Nemesis nemesis(view, parse(R"([{"at":"1s","fault":"hint-holder-crash","within_ms":2000}])"), {});
  nemesis.start();
  view.run_until(seconds(2));
  EXPECT_FALSE(nemesis.done());
  view.run_until(seconds(4));
  EXPECT_TRUE(nemesis.done());
  EXPECT_TRUE(nemesis.injected().empty());
}

TEST(Nemesis, WhatWasRecordedRunsAgain) {
  const auto schedule = parse(R"([{"at":"1s","fault":"kill","on":"one","for":"1s"},
                                  {"at":"1500ms","fault":"pause","on":"minority","for":"2s"},
                                  {"at":"2s","fault":"hint-holder-crash","how":"wipe","for":"1s"},
                                  {"at":"4s","fault":"heal"},
                                  {"at":"5s","fault":"outage","on":"majority","for":"9s"}])");
  FakeView first(5);
  first.held = {{4, 0, 3, false}};
  Schedule recorded;
  const Log log = run(first, schedule, seconds(7), &recorded);
  EXPECT_GT(log.size(), 8U);

  Schedule read;
  for (const PlannedFault& each : recorded) {
    read.push_back(*parse_planned_fault(Json::parse(to_json(each).dump())));
  }
  FakeView second(5);  // without hints: the recording names the nodes
  Schedule again;
  EXPECT_EQ(run(second, read, seconds(7), &again), log);
}

TEST(Nemesis, TakingOneFaultAwayMovesNoOther) {
  const auto both = parse(R"([{"at":"1s","fault":"kill","on":"one","for":"1s"},
                              {"at":"5s","fault":"pause","on":"minority","for":"1s"}])");
  FakeView with(9);
  FakeView without(9);
  const Log all = run(with, both, seconds(10));
  const Log rest = run(without, {both[1]}, seconds(10));
  EXPECT_EQ(Log(all.end() - static_cast<std::ptrdiff_t>(rest.size()), all.end()), rest);
}

TEST(Nemesis, FaultBudgetSparesTheSecondNodesData) {
  const auto schedule = parse(R"([{"at":"1s","fault":"wipe","on":"n1","for":"1s"},
                                  {"at":"3s","fault":"wipe","on":"n2","for":"1s"},
                                  {"at":"5s","fault":"wipe","on":"n1","for":"1s"},
                                  {"at":"7s","fault":"disk","mode":"bit_flip","on":"n3"},
                                  {"at":"8s","fault":"power-loss","on":"n4","for":"1s"}])");
  FakeView view(5);
  Nemesis::Options options;
  options.protect = true;
  Nemesis nemesis(view, schedule, options);
  nemesis.start();
  view.run_until(seconds(20));
  EXPECT_TRUE(nemesis.done());
  EXPECT_EQ(view.log, (Log{"1000ms wipe n1", "2000ms restart n1", "5000ms wipe n1",
                           "6000ms restart n1", "8000ms power_loss n4", "9000ms restart n4"}));
  EXPECT_EQ(nemesis.left_out().size(), 2U);
  EXPECT_TRUE(view.disks.empty());
}

TEST(Nemesis, MayDieBeforeItsEventsCome) {
  FakeView view(3);
  {
    Nemesis nemesis(view, parse(R"([{"at":"1s","fault":"kill","on":"n1"}])"), {});
    nemesis.start();
  }
  view.run_until(seconds(5));
  EXPECT_TRUE(view.log.empty());
}

}  // namespace
}  // namespace holdfast::nemesis
