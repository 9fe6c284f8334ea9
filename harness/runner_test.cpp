#include "harness/runner.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "checkers/history_file.h"
#include "harness/append_file.h"
#include "harness/evidence.h"
#include "harness/fake_cluster.h"
#include "harness/fault_log.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;
using checkers::Verdict;
using Json = nlohmann::json;

TestFile parse(const std::string& text) {
  auto test = parse_test_file(text, "test.json");
  EXPECT_TRUE(test) << test.error().message;
  return test ? *test : TestFile{};
}

constexpr const char* kOutage = R"({
  "name": "outage", "nodes": 5,
  "node": {"quorum": "sloppy", "hint_holder": "coordinator", "read_repair": "off",
           "anti_entropy": "on_demand"},
  "workload": {"keys": 200, "rate": 500, "clients": 5},
  "schedule": [{"at": "300ms", "fault": "outage", "on": "n2", "for": "500ms"}]
})";

class RunnerTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::temp_directory_path() /
              (std::string("holdfast-runner-") + std::to_string(::getpid()) + info->name());
    fs::remove_all(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  Result<RunResult> run(const TestFile& test, FakeCluster& cluster, bool files = true) {
    RunOptions options;
    options.folder = folder_;
    options.cluster = cluster_kind;
    options.seed = 7;
    options.record_files = files;
    options.progress = progress;
    Runner runner(test, cluster, options);
    runner_ = &runner;
    auto result = runner.run();
    if (result) json = Json::parse(result->results_json);
    return result;
  }
  std::string text(const char* name) const { return *read_file((folder_ / name).string()); }

  fs::path folder_;
  std::string cluster_kind = "sim";
  Json json;
  Runner* runner_ = nullptr;
  std::function<void(const Progress&)> progress;
};

TEST_F(RunnerTest, JudgesAnOutageThatHintsRepair) {
  const TestFile test = parse(kOutage);
  FakeCluster cluster(5, test.config);
  const auto result = run(test, cluster);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->verdict, Verdict::valid) << json.dump(2);
  EXPECT_TRUE(cluster.stopped);
  EXPECT_EQ(json["verdict"], "valid");
  EXPECT_EQ(json["seed"], 7);
  EXPECT_EQ(json["trace_hash"], "000000000000002a");
  EXPECT_EQ(json["operations"]["ok"], 668);
  const Json& ledger = json["checkers"]["hint-ledger"];
  EXPECT_GT(ledger["created"].get<int>(), 20);
  EXPECT_EQ(ledger["created"], ledger["delivered"]);
  EXPECT_EQ(json["absence"]["missed_writes"], ledger["created"]);
  EXPECT_EQ(json["absence"]["delivered_per_mille"], 1000);
  EXPECT_EQ(json["absence"]["missing_before_repair"], 0);
  EXPECT_EQ(json["absence"]["missing_after_repair"], 0);
  EXPECT_EQ(json["checkers"]["convergence"]["converged"], true);
  EXPECT_EQ(json["checkers"]["lost-writes"]["verified"], 200);
}

TEST_F(RunnerTest, WritesFilesThatReadBack) {
  const TestFile test = parse(kOutage);
  FakeCluster cluster(5, test.config);
  ASSERT_TRUE(run(test, cluster));
  const auto history = checkers::read_history((folder_ / "history.jsonl").string());
  ASSERT_TRUE(history) << history.error().message;
  EXPECT_EQ(history->history.operations.size(), 668U);
  EXPECT_EQ(history->history.phases.size(), 5U);
  EXPECT_TRUE(history->warnings.empty());

  // What was done to the cluster runs again.
  const auto faults = parse_faults(text("faults.jsonl"), "faults.jsonl");
  ASSERT_TRUE(faults) << faults.error().message;
  ASSERT_EQ(faults->size(), 2U);
  EXPECT_EQ(faults->at(0).by, "outage");
  EXPECT_EQ(faults->at(0).planned.fault, "kill");
  EXPECT_EQ(*faults->at(0).end_ns - faults->at(0).start_ns, 500'000'000);

  // And judged from its folder, the run comes to the same.
  const auto evidence = load_evidence(folder_);
  ASSERT_TRUE(evidence) << evidence.error().message;
  EXPECT_TRUE(evidence->complete);
  const Judgement again = judge_evidence(*evidence, {});
  EXPECT_EQ(again.verdict, Verdict::valid);
  const Json second = Json::parse(again.results_json);
  for (const char* checker : {"lost-writes", "stale-reads", "convergence", "hint-ledger"}) {
    EXPECT_EQ(second["checkers"][checker], json["checkers"][checker]) << checker;
  }
  EXPECT_EQ(second["absence"], json["absence"]);
}

TEST_F(RunnerTest, SameSeedSameFiles) {
  const TestFile test = parse(kOutage);
  std::string first;
  for (int i = 0; i < 2; ++i) {
    FakeCluster cluster(5, test.config);
    ASSERT_TRUE(run(test, cluster));
    const std::string all =
        text("history.jsonl") + text("faults.jsonl") + text("final.jsonl") + text("results.json");
    EXPECT_TRUE(first.empty() || all == first);
    first = all;
  }
}

TEST_F(RunnerTest, RepairsWhatHintsDidNot) {
  const TestFile test = parse(kOutage);
  FakeCluster cluster(5, test.config);
  cluster.loses_hints = true;
  ASSERT_TRUE(run(test, cluster));
  const int missing = json["absence"]["missing_before_repair"].get<int>();
  EXPECT_GT(missing, 20);
  EXPECT_EQ(json["absence"]["missing_after_repair"], 0);
  EXPECT_EQ(json["checkers"]["convergence"]["repaired_keys"], missing);
  EXPECT_EQ(json["checkers"]["convergence"]["silent"], true);
}

TEST_F(RunnerTest, HintsLostWithoutRepairAreInvalid) {
  const TestFile test = parse(kOutage);
  FakeCluster cluster(5, test.config);
  cluster.loses_hints = true;
  cluster.repairs_nothing = true;
  const auto result = run(test, cluster);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->verdict, Verdict::invalid);
  EXPECT_EQ(json["checkers"]["convergence"]["converged"], false);
  EXPECT_GT(json["checkers"]["lost-writes"]["under_replicated"].get<int>(), 20);
}

TEST_F(RunnerTest, ExpectationsOnNumbersDecideToo) {
  TestFile test = parse(kOutage);
  ASSERT_TRUE(test.expect.results.empty());
  test.expect.results["checkers/hint-ledger/created"].max = 5;
  test.expect.results["checkers/convergence/converged"].min = 1;
  test.expect.results["no/such/number"].min = 1;
  FakeCluster cluster(5, test.config);
  const auto result = run(test, cluster);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->verdict, Verdict::invalid);
  ASSERT_EQ(json["expectations"]["failures"].size(), 2U) << json["expectations"].dump();
  EXPECT_EQ(json["expectations"]["failures"][1], "no/such/number is missing, expected at least 1");
}

// A slow machine must not make a run invalid.
TEST_F(RunnerTest, SomeNumbersAreExpectedOnlyInTheSimulator) {
  TestFile test = parse(kOutage);
  test.expect.results["checkers/hint-ledger/created"] = {.max = 5, .simulated_only = true};
  for (const std::string kind : {"sim", "netns"}) {
    FakeCluster cluster(5, test.config);
    cluster_kind = kind;
    const auto result = run(test, cluster);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->verdict, kind == "sim" ? Verdict::invalid : Verdict::valid);
    EXPECT_EQ(json["expectations"]["failures"].size(), kind == "sim" ? 1U : 0U);
  }
}

TEST_F(RunnerTest, AnIncidentIsAFinding) {
  const TestFile test = parse(kOutage);
  FakeCluster cluster(5, test.config);
  cluster.incidents = {"n1 ended by itself"};
  EXPECT_EQ(run(test, cluster)->verdict, Verdict::invalid);
}

// Neither what was observed nor what the numbers should be counts when a fault stayed, or never
// came.
TEST_F(RunnerTest, NoVerdictFollowsFromARunThatTheHarnessFailed) {
  TestFile test = parse(kOutage);
  test.expect.results["no/such/number"].min = 1;
  FakeCluster cluster(5, test.config);
  cluster.failures = {"cannot set a rule: no memory"};
  EXPECT_EQ(run(test, cluster)->verdict, Verdict::unknown);
  EXPECT_EQ(json["failures"], cluster.failures);
  cluster.incidents = {"n1 ended by itself"};
  EXPECT_EQ(run(test, cluster)->verdict, Verdict::invalid);
}

TEST_F(RunnerTest, SetIsReadToTheEnd) {
  TestFile test = parse(kOutage);
  test.workload = "set";
  FakeCluster cluster(5, test.config);
  ASSERT_TRUE(run(test, cluster));
  EXPECT_EQ(json["operations"]["total"], 200 + 200 + 200);  // inserts, reads, final reads
  EXPECT_EQ(json["checkers"]["lost-writes"]["verified"], 200);
  EXPECT_EQ(json["phases"][4]["name"], "final-reads");
}

TEST_F(RunnerTest, TimedOutClientsGoOnAsNewProcesses) {
  TestFile test = parse(kOutage);
  test.schedule.clear();
  test.parameters.timeout_ms = 100;
  FakeCluster cluster(5, test.config);
  cluster.answers_nothing = true;
  ASSERT_TRUE(run(test, cluster));
  EXPECT_EQ(json["operations"]["info"], 668);
  const auto history = checkers::read_history((folder_ / "history.jsonl").string());
  ASSERT_TRUE(history);
  std::set<std::uint32_t> processes;
  for (const auto& operation : history->history.operations) {
    EXPECT_TRUE(processes.insert(operation.process).second) << "a process ran again";
  }
}

TEST_F(RunnerTest, InterruptedRunsAreJudgedByWhatWasRecorded) {
  const TestFile test = parse(kOutage);
  FakeCluster cluster(5, test.config);
  std::int64_t interrupted_ns = 0;
  progress = [&](const Progress& now) {
    if (now.phase != "load" || now.operations < 256) return;
    interrupted_ns = now.time_ns;
    runner_->interrupt();
  };
  const auto result = run(test, cluster);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_TRUE(result->interrupted);
  EXPECT_EQ(result->verdict, Verdict::valid) << json.dump(2);
  EXPECT_TRUE(cluster.stopped);
  EXPECT_TRUE(cluster.is_running(1)) << "healed";
  EXPECT_EQ(json["interrupted"], true);
  EXPECT_GE(json["operations"]["ok"].get<int>(), 256);
  EXPECT_TRUE(fs::exists(folder_ / "final.jsonl")) << "dumped all the same";
  EXPECT_EQ(json["checkers"]["lost-writes"]["verdict"], "valid");
  EXPECT_LE(cluster.now_ns() - interrupted_ns, 30'000'000'000);
}

TEST_F(RunnerTest, ALoadWithoutGapsNeedsItsWholeTime) {
  const auto dense = [](const char* text) {
    const TestFile test = parse(text);
    FakeCluster cluster(5, test.config);
    return Runner(test, cluster, {}).dense_load();
  };
  using namespace std::chrono_literals;
  EXPECT_EQ(dense(R"({"name": "x", "phases": {"load_ms": 129600000},
                      "workload": {"keys": 200000}})"),
            36h);
  EXPECT_EQ(dense(R"({"name": "x", "phases": {"load_ms": 129600000},
                      "workload": {"keys": 200000, "burst_every_ms": 600000}})"),
            0s);
  EXPECT_EQ(dense(R"({"name": "x", "phases": {"load_ms": 129600000},
                      "workload": {"keys": 100}})"),
            0s)
      << "an operation every 6 minutes";
  EXPECT_EQ(dense(R"({"name": "x", "workload": {"keys": 1000, "overwrite_ratio": 0, "read_ratio": 0,
                      "rate": 100}})"),
            10s);
}

TEST_F(RunnerTest, WhatTheClusterCannotDoIsSaidFirst) {
  TestFile test = parse(R"({"name": "x", "schedule": [{"at": "1s", "fault": "partition"}]})");
  FakeCluster cluster(5, test.config);
  auto result = run(test, cluster);
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("cannot inject \"partition\""), std::string::npos);
  EXPECT_FALSE(fs::exists(folder_)) << "nothing is left behind";

  test = parse(R"({"name": "x", "phases": {"load_ms": 129600000}})");
  FakeCluster real(5, test.config);
  real.passes_time = false;
  result = run(test, real);
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("cannot let 36h pass"), std::string::npos);
}

TEST_F(RunnerTest, AFullDiskStopsTheRunWithOneLine) {
  const TestFile test = parse(kOutage);
  fs::create_directories(folder_);
  fs::create_symlink("/dev/full", folder_ / "history.jsonl");
  FakeCluster cluster(5, test.config);
  const auto result = run(test, cluster);
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("No space left"), std::string::npos)
      << result.error().message;
  EXPECT_TRUE(cluster.stopped);
}

TEST_F(RunnerTest, DamagedFoldersAreRefusedByName) {
  const TestFile test = parse(kOutage);
  FakeCluster cluster(5, test.config);
  ASSERT_TRUE(run(test, cluster));
  std::ofstream(folder_ / "faults.jsonl", std::ios::app) << "{\"at\":\n";
  auto evidence = load_evidence(folder_);
  ASSERT_FALSE(evidence);
  EXPECT_NE(evidence.error().message.find("faults.jsonl:3: "), std::string::npos)
      << evidence.error().message;
  std::ofstream(folder_ / "run.json") << "{}";
  evidence = load_evidence(folder_);
  ASSERT_FALSE(evidence);
  EXPECT_NE(evidence.error().message.find("run.json"), std::string::npos);
}

TEST_F(RunnerTest, AKilledRunIsJudgedWithoutItsEnd) {
  const TestFile test = parse(kOutage);
  FakeCluster cluster(5, test.config);
  ASSERT_TRUE(run(test, cluster));
  fs::remove(folder_ / "final.jsonl");
  fs::remove(folder_ / "results.json");
  const std::string whole = text("history.jsonl");
  std::ofstream(folder_ / "history.jsonl") << whole.substr(0, whole.size() / 2);
  const auto evidence = load_evidence(folder_);
  ASSERT_TRUE(evidence) << evidence.error().message;
  EXPECT_FALSE(evidence->complete);
  EXPECT_EQ(judge_evidence(*evidence, {}).verdict, Verdict::unknown);
}

}  // namespace
}  // namespace holdfast::harness
