// Whole tests made by hand, each with the verdict that is right for it, for every seed.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "harness/campaign/simulate.h"
#include "harness/campaign/trial.h"
#include "harness/expectations.h"
#include "harness/runner.h"

namespace holdfast::harness {
namespace {

using checkers::Verdict;
using Json = nlohmann::json;

Result<TestFile> read(const std::string& name) {
  return load_test_file(HOLDFAST_SOURCE_DIR "/harness/campaign/testdata/" + name + ".json");
}

// The results of a run in memory.
Json results_of(const TestFile& test, std::uint64_t seed) {
  const auto cluster = simulate(test, seed);
  RunOptions options;
  options.cluster = "sim";
  options.seed = seed;
  options.record_files = false;
  Runner runner(test, *cluster, std::move(options));
  const Result<RunResult> run = runner.run();
  EXPECT_TRUE(run) << run.error().message;
  return run ? Json::parse(run->results_json) : Json();
}

Json results_of(const std::string& name, std::uint64_t seed = 1) {
  const Result<TestFile> test = read(name);
  EXPECT_TRUE(test) << test.error().message;
  return test ? results_of(*test, seed) : Json();
}

TEST(Verdicts, WhatADrainCutShortOwesIsUnknown) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const Json json = results_of("drain-cut-short", seed);
    EXPECT_EQ(json["verdict"], "unknown") << json.dump(2);
    const Json& lost = json["checkers"]["lost-writes"];
    EXPECT_GT(lost["under_replicated"], 0);
    EXPECT_EQ(lost["anomalies_allowed"], 0);
    EXPECT_NE(lost["notes"][0].get<std::string>().find("and waited for n"), std::string::npos);
    EXPECT_NE(json["notes"][0].get<std::string>().find("backlog and throttles may need"),
              std::string::npos)
        << json["notes"];
  }
}

TEST(Verdicts, TheDrainLastsAsLongAsItsThrottleNeeds) {
  const Json json = results_of("throttle-beyond-an-hour");
  EXPECT_EQ(json["verdict"], "valid") << json.dump(2);
  EXPECT_GT(json["checkers"]["convergence"]["after_ms"], 3'600'000);
}

TEST(Verdicts, WhatTheWorkloadGivesNothingOfIsLeftOut) {
  const Json written = results_of("write-only");
  EXPECT_EQ(written["verdict"], "valid") << written.dump(2);
  EXPECT_EQ(written["left_out"]["stale-reads"], "the workload reads nothing");
  EXPECT_EQ(written["checkers"]["lost-writes"]["acknowledged"], 1);
  EXPECT_EQ(written["checkers"]["lost-writes"]["verified"], 1);
  const Json read = results_of("read-only");
  EXPECT_EQ(read["verdict"], "valid") << read.dump(2);
  EXPECT_EQ(read["left_out"]["lost-writes"], "the workload writes nothing");
}

// A checker that had something to judge, and got nothing, does not look green.
TEST(Verdicts, ReadsThatAllFailAreNotLeftOut) {
  Result<TestFile> test = read("read-only");
  ASSERT_TRUE(test);
  ASSERT_TRUE(apply_setting(*test, "workload.operations=1s write k1;2s read k1"));
  test->schedule.push_back(*nemesis::parse_planned_fault(
      {{"at", "1500ms"}, {"fault", "outage"}, {"on", "all"}, {"for", "5s"}}));
  const Json json = results_of(*test, 1);
  EXPECT_EQ(json["verdict"], "unknown") << json.dump(2);
  EXPECT_EQ(json["checkers"]["stale-reads"]["verdict"], "unknown");
}

TEST(Verdicts, NumbersAreExpectedOfTheTestAsItsFileHasIt) {
  Result<TestFile> test = load_test_file("outage-36h-no-anti-entropy");
  ASSERT_TRUE(test);
  TestFile same = *test;
  ASSERT_TRUE(apply_overrides(same, {"node.hint_window_ms=10800000", "strict=false"}));
  EXPECT_EQ(same.expect.results.size(), test->expect.results.size());
  TestFile planted = *test;
  ASSERT_TRUE(apply_overrides(planted, {"node.bugs=deletes_not_handed_off"}));
  EXPECT_EQ(planted.expect.results.size(), test->expect.results.size());

  ASSERT_TRUE(apply_overrides(*test, {"node.hint_window_ms=21600000", "keys=300"}));
  EXPECT_TRUE(test->expect.results.empty());
  const Json json = results_of(*test, 1);
  EXPECT_EQ(json["verdict"], "valid") << json.dump(2);
  EXPECT_EQ(json["notes"][0],
            "not expected, since --set changed node.hint_window_ms, workload.keys: "
            "absence/delivered_per_mille=70..97, absence/missing_after_repair=100..");
}

// Six nodes in two halves: whoever coordinates, some owners are on the other side.
TEST(Verdicts, WhatAPartitionKeptAwayIsCountedForEveryNode) {
  const auto test = parse_test_file(R"({"name": "halves", "nodes": 6,
    "node": {"w": 1, "r": 1, "quorum": "sloppy", "anti_entropy": "off", "read_repair": "off"},
    "workload": {"keys": 200, "rate": 50, "read_ratio": 0.1}, "phases": {"load_ms": 20000},
    "schedule": [{"at": "2s", "fault": "partition", "shape": "halves", "on": "n1,n2,n3",
                  "for": "10s"}]})",
                                    "halves.json");
  ASSERT_TRUE(test) << test.error().message;
  const Json json = results_of(*test, 1);
  const Json& absence = json["absence"];
  EXPECT_EQ(json["verdict"], "valid");
  EXPECT_GT(absence["missed_writes"], 400);
  EXPECT_LE(absence["delivered_per_mille"], 1000);
  EXPECT_GT(absence["delivered_per_mille"], 300);
  EXPECT_EQ(absence["still_missing"], 0);
  ASSERT_EQ(absence["faults"].size(), 1u);
  EXPECT_EQ(absence["faults"][0]["missed_writes"], absence["missed_writes"]);
}

// A restart loses nothing and keeps nobody away for long: there is nothing to make up for.
TEST(Verdicts, NothingIsMissedByARestart) {
  const auto test = parse_test_file(R"({"name": "restarts", "nodes": 3,
    "workload": {"keys": 200, "rate": 100},
    "schedule": [{"at": "1s", "fault": "restart", "on": "n1"}]})",
                                    "restarts.json");
  ASSERT_TRUE(test) << test.error().message;
  EXPECT_EQ(results_of(*test, 1)["absence"]["delivered_per_mille"], 0);
}

// With hints the node is up to date soon after its return, without them when repair comes by.
TEST(Verdicts, HintsBringANodeUpToDateSoonerThanRepair) {
  const auto after_ms = [](const std::string& holder) {
    const auto test = parse_test_file(R"({"name": "sooner", "nodes": 5,
      "node": {"anti_entropy": "periodic", "anti_entropy_period_ms": 20000, "read_repair": "off",
               "hint_holder": ")" + holder +
                                          R"("},
      "workload": {"keys": 500, "rate": 100, "clients": 50}, "phases": {"load_ms": 60000},
      "schedule": [{"at": "1s", "fault": "outage", "on": "n3", "for": "15s"}]})",
                                      "sooner.json");
    EXPECT_TRUE(test) << test.error().message;
    const Json json = results_of(*test, 1);
    EXPECT_EQ(json["verdict"], "valid");
    EXPECT_FALSE(json["repair"].empty());
    return json["absence"]["faults"][0]["equal_after_ms"].get<std::int64_t>();
  };
  EXPECT_LT(after_ms("fallback"), 5000);
  EXPECT_GT(after_ms("none"), 5000);
}

TestFile test_of(const std::string& text) {
  const auto test = parse_test_file(text, "test.json");
  EXPECT_TRUE(test) << test.error().message;
  return test ? *test : TestFile{};
}

// A node that ends in good order leaves no write behind without its hints; a killed one may.
TEST(Verdicts, AStopLeavesNothingBehind) {
  const auto rolling = [](const std::string& how) {
    const TestFile test = test_of(R"({"name": "rolling", "nodes": 4,
      "node": {"r": 2, "w": 2, "quorum": "sloppy", "read_repair": "off", "anti_entropy": "off"},
      "workload": {"keys": 1500, "rate": 300}, "phases": {"load_ms": 20000},
      "schedule": [{"at": "1s", "fault": "outage", "on": "n4", "for": "14s"},
                   {"at": "4s", "fault": "rolling-restart", "on": "n1,n2,n3", "how": ")" +
                                  how + R"(", "for": "500ms", "gap_ms": 3000}],
      "expect": {"none_of": ["lost", "under_replicated"]}})");
    int invalid = 0;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      invalid += results_of(test, seed)["verdict"] != "valid";
    }
    return invalid;
  };
  EXPECT_EQ(rolling("stop"), 0);
  EXPECT_GT(rolling("kill"), 0);
}

TEST(Verdicts, OperatorsMayPauseDropAndChange) {
  const auto verdict = [](const std::string& fault) {
    const TestFile test = test_of(R"({"name": "operated", "nodes": 5,
      "node": {"r": 1, "w": 1, "quorum": "sloppy", "read_repair": "off", "anti_entropy":
               "on_demand", "handoff_send_bytes_per_s": 5000},
      "workload": {"keys": 500, "rate": 200}, "phases": {"load_ms": 20000},
      "schedule": [{"at": "1s", "fault": "outage", "on": "n2", "for": "8s"}, )" +
                                  fault + "]}");
    const Json json = results_of(test, 1);
    EXPECT_EQ(json["verdict"], "valid") << json.dump(2);
    return json;
  };
  verdict(R"({"at": "7s", "fault": "pause-delivery", "for": "10s"})");
  verdict(R"({"at": "2s", "fault": "pause-hints", "for": "4s"})");
  verdict(R"({"at": "12s", "fault": "anti-entropy", "on": "n1"})");
  verdict(R"({"at": "8s", "fault": "config", "setting": "handoff_send_bytes_per_s",
              "value": "1000000"})");
  const Json dropped = verdict(R"({"at": "6s", "fault": "drop-hints", "to": "n2"})");
  EXPECT_GT(dropped["checkers"]["hint-ledger"]["dropped"], 0);
}

// With `after` the second outage begins when the first one's hints have been delivered.
TEST(Verdicts, ASecondOutageMayWaitForTheDrainOfTheFirst) {
  for (const std::string event : {"drained", "converged"}) {
    const TestFile test = test_of(R"({"name": "twice", "nodes": 5,
      "node": {"read_repair": "off", "anti_entropy": "off", "handoff_send_bytes_per_s": 4000,
               "handoff_batch_count": 8},
      "workload": {"keys": 500, "rate": 50}, "phases": {"load_ms": 40000},
      "schedule": [{"at": "1s", "fault": "outage", "on": "n3", "for": "5s"},
                   {"at": "7s", "after": ")" +
                                  event + R"(", "fault": "outage", "on": "n3", "for": "3s"}]})");
    const Json json = results_of(test, 1);
    EXPECT_EQ(json["verdict"], "valid") << json.dump(2);
    ASSERT_EQ(json["absence"]["faults"].size(), 2u);
    const Json& first = json["absence"]["faults"][0];
    const Json& second = json["absence"]["faults"][1];
    EXPECT_EQ(first["still_missing"], 0);
    EXPECT_LE(first["end_ms"].get<std::int64_t>() + first["hints_after_ms"].get<std::int64_t>(),
              second["start_ms"].get<std::int64_t>());
  }
}

// All clients wait for a coordinator that is paused: then what was due comes at once, or does not.
TEST(Verdicts, ABurstAfterAStallIsSaid) {
  const auto run = [](const std::string& arrivals) {
    const TestFile test = test_of(R"({"name": "stall", "nodes": 3, "node": {"w": 3, "r": 3},
      "workload": {"keys": 500, "rate": 100, "clients": 5, "arrivals": ")" +
                                  arrivals + R"("}, "phases": {"load_ms": 20000},
      "schedule": [{"at": "5s", "fault": "pause", "on": "n1", "for": "6s"}]})");
    return results_of(test, 1);
  };
  const auto says_burst = [](const Json& json) {
    for (const Json& note : json["notes"]) {
      if (note.get<std::string>().find("came as a burst") != std::string::npos) return true;
    }
    return false;
  };
  const Json queued = run("queued");
  const Json closed = run("closed");
  const Json open = run("open");
  EXPECT_TRUE(says_burst(queued)) << queued["notes"];
  EXPECT_FALSE(says_burst(closed));
  EXPECT_FALSE(says_burst(open));
  EXPECT_LT(closed["operations"]["total"], queued["operations"]["total"]);
  EXPECT_EQ(open["operations"]["total"], queued["operations"]["total"]);
}

TEST(Verdicts, NumbersAreExpectedByHand) {
  Result<TestFile> test = read("write-only");
  ASSERT_TRUE(test);
  const std::string path = "checkers/hint-ledger/delivered=";
  ASSERT_TRUE(apply_overrides(*test, {}, {path + "..0"}));
  EXPECT_EQ(results_of(*test, 1)["verdict"], "invalid");
  ASSERT_TRUE(apply_overrides(*test, {"keys=5"}, {path + "1.."}));
  EXPECT_EQ(results_of(*test, 1)["verdict"], "valid");
  for (const std::string bad : {"x", "=5", "a/b=", "a/b=..", "a/b=x", "a/b=5..4", "a/b=1.5"}) {
    const auto refused = apply_overrides(*test, {}, {bad});
    ASSERT_FALSE(refused) << bad;
    EXPECT_NE(refused.error().message.find("--expect " + bad + ": expected a path"),
              std::string::npos);
  }
}

TEST(Verdicts, APathThatNoRunHasIsRefusedBeforeIt) {
  const auto test = parse_test_file(R"({
  "name": "x",
  "expect": {"results": {
    "checkers/hint-ledger/created": {"min": 0},
    "checkers/hint-ledger/creatd": {"min": 1}}}
})",
                                    "x.json");
  ASSERT_TRUE(test) << test.error().message;
  const auto checked = check_expectations(*test);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().message,
            "x.json:5: the results of this test have no number \"checkers/hint-ledger/creatd\"; "
            "did you mean \"checkers/hint-ledger/created\"?");
  for (const Scenario& scenario : list_scenarios()) {
    const auto found = load_test_file(std::string(scenario.name));
    ASSERT_TRUE(found);
    const auto good = check_expectations(*found);
    EXPECT_TRUE(good) << good.error().message;
  }
}

}  // namespace
}  // namespace holdfast::harness
