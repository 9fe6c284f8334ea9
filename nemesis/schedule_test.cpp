#include "nemesis/schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "nemesis/fake_view.h"
#include "nemesis/fault_type.h"
#include "nemesis/random_plan.h"

namespace holdfast::nemesis {
namespace {

using Json = nlohmann::json;

PlannedFault parse(const char* text) {
  auto planned = parse_planned_fault(Json::parse(text));
  EXPECT_TRUE(planned) << text << ": " << planned.error().message;
  return planned ? *planned : PlannedFault{};
}

TEST(Duration, IsWrittenWithTheLargestUnitThatDividesIt) {
  EXPECT_EQ(format_duration(std::chrono::hours(36)), "36h");
  EXPECT_EQ(format_duration(std::chrono::minutes(90)), "90m");
  EXPECT_EQ(format_duration(Duration(1500)), "1500us");
  EXPECT_EQ(format_duration(Duration(0)), "0s");
  for (std::int64_t us : {1L, 999L, 1000L, 60'000'000L, 129'600'000'000L, 7'200'000'001L}) {
    EXPECT_EQ(parse_duration(format_duration(Duration(us))), Duration(us));
  }
  EXPECT_EQ(parse_duration("1h30m"), Duration(5'400'000'000));
}

TEST(Duration, NeedsAUnitAndNoSign) {
  for (const char* text : {"", "5", "h", "-5s", "5 s", "5d", "1.5s", "99999999999h", "5s "}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Schedule, EveryFaultTypeComesBackFromItsJson) {
  for (const FaultType& type : all_fault_types()) {
    PlannedFault planned;
    planned.at = Duration(1'234'567);
    planned.fault = type.name;
    planned.on = spec_of({3, 1});
    planned.length = std::chrono::hours(36);
    for (const ParameterDoc& doc : type.parameters) {
      planned.parameters[std::string(doc.name)] = doc.default_value;
    }
    const auto back = parse_planned_fault(Json::parse(to_json(planned).dump()));
    ASSERT_TRUE(back) << to_json(planned).dump() << back.error().message;
    EXPECT_EQ(*back, planned);
  }
}

TEST(Schedule, TakesListsOfNodesAndDefaults) {
  EXPECT_EQ(parse(R"({"at":"1s","fault":"kill","on":["n2","n1"]})").on, spec_of({1, 0}));
  EXPECT_EQ(parse(R"({"at":"1s","fault":"kill"})").on.kind, NodeSpec::Kind::one);
  EXPECT_EQ(parse(R"({"at":"1s","fault":"partition","shape":"ring"})").on.kind,
            NodeSpec::Kind::all);
  EXPECT_EQ(parse(R"({"at":"1s","fault":"partition","shape":"halves"})").on.kind,
            NodeSpec::Kind::minority);
  EXPECT_EQ(parse(R"({"at":"1s","fault":"hint-holder-crash"})").on.kind,
            NodeSpec::Kind::hint_holders);
  EXPECT_EQ(parse(R"({"at":"1s","fault":"kill","time":12,"by":"outage"})").parameters.size(), 0U);
}

TEST(Schedule, RefusesWhatIsWrongAndSaysWhatItExpected) {
  const std::pair<const char*, const char*> bad[] = {
      {R"("kill")", "expected an object"},
      {R"({"at":"1s"})", "expected an object"},
      {R"({"at":"1s","fault":"explode"})", "there are kill, stop, power-loss"},
      {R"({"at":"1s","fault":"kil"})", "did you mean \"kill\"?"},
      {R"({"fault":"kill"})", "no \"at\""},
      {R"({"at":5,"fault":"kill"})", "with its unit"},
      {R"({"at":"1s","fault":"kill","for":"soon"})", "\"for\" is \"soon\""},
      {R"({"at":"1s","fault":"kill","on":"n0"})", "no node spec"},
      {R"({"at":"1s","fault":"kill","on":[]})", "\"on\" is []"},
      {R"({"at":"1s","fault":"kill","on":"n1,n1"})", "no node spec"},
      {R"({"at":"1s","fault":"kill","shape":"ring"})", "no \"shape\""},
      {R"({"at":"1s","fault":"partition","shape":"round"})", "isolate|halves"},
      {R"({"at":"1s","fault":"clock","offset_ms":1.5})", "a whole number"},
      {R"({"at":"1s","fault":"heal","on":"n1"})", "only \"at\""}};
  for (const auto& [text, expected] : bad) {
    const auto planned = parse_planned_fault(Json::parse(text));
    ASSERT_FALSE(planned) << text;
    EXPECT_NE(planned.error().message.find(expected), std::string::npos)
        << text << ": " << planned.error().message;
  }
}

TEST(Schedule, UnsupportedFaultsAreNamedBeforeTheTest) {
  FakeView view(5);
  const Schedule schedule = {parse(R"({"at":"1s","fault":"kill"})"),
                             parse(R"({"at":"2s","fault":"outage","how":"isolate"})")};
  EXPECT_FALSE(unsupported(schedule, view));
  view.missing = {FaultKind::partition};
  const auto reason = unsupported(schedule, view);
  ASSERT_TRUE(reason);
  EXPECT_NE(reason->text.find("\"outage\" (at 2s)"), std::string::npos) << reason->text;
  EXPECT_FALSE(reason->of_machine);
}

TEST(Schedule, WhatThisMachineRefusesAnotherOneCouldDo) {
  FakeView view(5);
  view.missing = {FaultKind::link};
  view.why_missing = "no packet sockets";
  const auto reason = unsupported({parse(R"({"at":"2s","fault":"link","on":"n1"})")}, view);
  ASSERT_TRUE(reason);
  EXPECT_TRUE(reason->of_machine);
  EXPECT_EQ(
      reason->text,
      "cannot inject \"link\" (at 2s): no packet sockets; take it out of the schedule, or use "
      "--on sim");
}

TEST(Schedule, MissingNodesAreNamed) {
  EXPECT_TRUE(check_nodes({parse(R"({"at":"1s","fault":"kill","on":"n5"})")}, 5));
  EXPECT_FALSE(check_nodes({parse(R"({"at":"1s","fault":"kill","on":"n6"})")}, 5));
}

TEST(NodeSpec, ComesBackFromItsText) {
  for (const char* text : {"n1", "n2,n5", "one", "minority", "majority", "hint_holders",
                           "coordinator", "all", "home_replicas(k17)"}) {
    const auto spec = parse_node_spec(text);
    ASSERT_TRUE(spec) << text;
    EXPECT_EQ(to_string(*spec), text);
  }
  for (const char* text : {"", "n", "n1,", "two", "home_replicas()", "home_replicas(k", "N1"}) {
    EXPECT_FALSE(parse_node_spec(text)) << text;
  }
}

std::vector<NodeId> resolved(const char* text, FakeView& view, std::uint64_t seed = 1) {
  std::vector<NodeId> result;
  resolve(*parse_node_spec(text), view, Random(seed),
          [&](std::vector<NodeId> nodes) { result = std::move(nodes); });
  view.run_until(Duration(view.now_ns() / 1000 + 1'000'000));
  return result;
}

TEST(NodeSpec, Resolves) {
  using Nodes = std::vector<NodeId>;
  FakeView view(5);
  EXPECT_EQ(resolved("n4,n2", view), (Nodes{3, 1}));
  EXPECT_EQ(resolved("one", view).size(), 1U);
  EXPECT_EQ(resolved("minority", view).size(), 2U);
  EXPECT_EQ(resolved("majority", view).size(), 3U);
  EXPECT_EQ(resolved("all", view), (Nodes{0, 1, 2, 3, 4}));
  EXPECT_EQ(resolved("home_replicas(k1)", view), (Nodes{0, 1, 2}));
  EXPECT_EQ(resolved("coordinator", view), Nodes{});
  view.set_coordinator(4);
  EXPECT_EQ(resolved("coordinator", view), Nodes{4});
  EXPECT_EQ(resolved("hint_holders", view), Nodes{});
  view.held = {{3, 0, 2, false}, {1, 0, 1, false}, {3, 2, 1, false}, {4, 0, 0, false}};
  EXPECT_EQ(resolved("hint_holders", view), (Nodes{1, 3}));
}

TEST(NodeSpec, OneReachesEveryNode) {
  FakeView view(5);
  std::set<NodeId> seen;
  for (std::uint64_t seed = 0; seed < 100; ++seed) seen.insert(resolved("one", view, seed)[0]);
  EXPECT_EQ(seen.size(), 5U);
}

TEST(RandomPlan, IsAFunctionOfItsSeedAndSwarms) {
  FakeView view(5);
  RandomPlan plan;
  plan.over = std::chrono::minutes(10);
  std::set<std::string> all;
  std::size_t few = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Schedule schedule = draw_schedule(plan, 5, view, seed);
    EXPECT_EQ(schedule, draw_schedule(plan, 5, view, seed));
    ASSERT_FALSE(schedule.empty());
    EXPECT_LE(schedule.size(), plan.most);
    std::set<std::string> here;
    for (const PlannedFault& planned : schedule) {
      here.insert(planned.fault);
      EXPECT_LT(planned.at, plan.over);
      ASSERT_TRUE(planned.length);
      EXPECT_LE(*planned.length, plan.over);
      EXPECT_TRUE(parse_planned_fault(Json::parse(to_json(planned).dump())));
    }
    few += here.size() <= 6 ? 1 : 0;
    all.insert(here.begin(), here.end());
  }
  const auto drawn = std::ranges::count_if(
      all_fault_types(), [](const FaultType& type) { return !type.only_if_named; });
  EXPECT_EQ(all.size(), static_cast<std::size_t>(drawn)) << "operators' actions are not drawn";
  EXPECT_GT(few, 150U) << "most seeds leave some faults out";
}

TEST(RandomPlan, KeepsToWhatIsNamedAndSupported) {
  FakeView view(3);
  view.missing = {FaultKind::pause};
  RandomPlan plan;
  plan.over = std::chrono::seconds(10);
  plan.faults = {"kill", "pause"};
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    for (const PlannedFault& planned : draw_schedule(plan, 3, view, seed)) {
      EXPECT_EQ(planned.fault, "kill");
    }
  }
}

// docs/promises.md has a row for every plain fault, and for each mode of a disk's.
TEST(FaultTypes, AreDocumentedAsTheyAreDeclared) {
  std::ifstream file(HOLDFAST_SOURCE_DIR "/docs/promises.md");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const auto expect_row = [&](const FaultType& type, const PlannedFault& planned,
                              const std::string& with) {
    const std::string row = "| `" + std::string(type.name) + "`" + with + " | " +
                            checkers::describe(type.effects(planned)) + " |\n";
    EXPECT_NE(text.find(row), std::string::npos) << row;
  };
  for (const FaultType& type : all_fault_types()) {
    if (type.find != nullptr) continue;
    PlannedFault planned;
    planned.fault = type.name;
    if (type.name != "disk") {
      expect_row(type, planned, "");
      continue;
    }
    for (const char* mode : {"io_error", "full", "bit_flip", "slow_sync"}) {
      planned.parameters["mode"] = mode;
      expect_row(type, planned, " with `" + std::string(mode) + "`");
    }
  }
}

}  // namespace
}  // namespace holdfast::nemesis
