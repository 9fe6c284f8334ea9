// holdfast replay as its users see it; and campaigns on real processes, of which a run is replayed.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/cli/testing/program_fixture.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

class Replay : public ProgramTest {
 protected:
  // The exit code; text_ is what it printed.
  int call(const std::string& words) {
    const Outcome outcome = holdfast(words);
    text_ = outcome.text;
    return outcome.code;
  }
  bool said(const std::string& what) const { return text_.find(what) != std::string::npos; }
  nlohmann::json read(const fs::path& file) const {
    return nlohmann::json::parse(std::ifstream(folder_ / file), nullptr, false);
  }
  void write(const fs::path& file, const nlohmann::json& json) const {
    std::ofstream(folder_ / file) << json.dump();
  }
  void record() {
    ASSERT_EQ(call("run hint-holder-crash --seed 7 --set workload.keys=200 --quiet"), 0) << text_;
  }

  std::string text_;
  const fs::path run_ = "results/hint-holder-crash/latest";
};

TEST_F(Replay, ASimulatedRunIsRepeatedBitForBit) {
  record();
  EXPECT_EQ(call("replay " + run_.string()), 0) << text_;
  EXPECT_TRUE(said("the same run, bit for bit")) << text_;
  EXPECT_TRUE(said(read(run_ / "results.json")["trace_hash"])) << text_;
}

TEST_F(Replay, UntilAnOperationOrATimeAndInDetail) {
  record();
  EXPECT_EQ(call("replay " + run_.string() + " --until 10"), 0);
  EXPECT_TRUE(said("stopped at ")) << text_;
  EXPECT_TRUE(said("after 11 requests of clients")) << text_;
  EXPECT_EQ(call("replay " + run_.string() + " --until 500ms"), 0);
  EXPECT_TRUE(said("stopped at 500")) << text_;
  EXPECT_EQ(call("replay " + run_.string() + " --until 10 --verbose"), 0);
  EXPECT_TRUE(said("client -> ")) << text_;
  EXPECT_GT(std::count(text_.begin(), text_.end(), '\n'), 20);
  EXPECT_EQ(call("replay " + run_.string() + " --until soon"), 254);
}

TEST_F(Replay, AnotherVersionsRunIsRefusedByName) {
  record();
  auto json = read(run_ / "run.json");
  EXPECT_TRUE(json.contains("commit"));
  json["version"] = "0.0.7";
  json["commit"] = "cafe";
  write(run_ / "run.json", json);
  EXPECT_EQ(call("replay " + run_.string()), 254);
  EXPECT_TRUE(said("recorded by version 0.0.7 (commit cafe), which can replay it; this is "))
      << text_;
}

// The version alone does not say that two programs behave alike.
TEST_F(Replay, AnotherTraceNamesBothCommits) {
  record();
  auto json = read(run_ / "run.json");
  json["commit"] = "cafe";
  write(run_ / "run.json", json);
  json = read(run_ / "results.json");
  json["trace_hash"] = "0123456789abcdef";
  write(run_ / "results.json", json);
  EXPECT_EQ(call("replay " + run_.string()), 255);
  EXPECT_TRUE(said("not the same run: trace hash ")) << text_;
  EXPECT_TRUE(said("(commit cafe)")) << text_;
}

TEST_F(Replay, MembersOfAnotherTypeAreNoMembers) {
  record();
  auto json = read(run_ / "run.json");
  json["commit"] = 5;
  write(run_ / "run.json", json);
  EXPECT_EQ(call("replay " + run_.string()), 0) << text_;
  json["cluster"] = 5;
  write(run_ / "run.json", json);
  EXPECT_EQ(call("replay " + run_.string()), 254) << text_;
  EXPECT_TRUE(said("run.json: expected an object with")) << text_;
  auto results = read(run_ / "results.json");
  results["interrupted"] = "no";
  write(run_ / "results.json", results);
  json["cluster"] = "sim";
  write(run_ / "run.json", json);
  EXPECT_LT(call("check " + run_.string()), 3) << text_;
}

TEST_F(Replay, ATruncatedFolderIsOneLine) {
  record();
  fs::remove(folder_ / run_ / "results.json");
  EXPECT_EQ(call("replay " + run_.string()), 2) << text_;
  EXPECT_TRUE(said("did not end")) << text_;
  std::stringstream text;
  text << std::ifstream(folder_ / run_ / "run.json").rdbuf();
  std::ofstream(folder_ / run_ / "run.json") << text.str().substr(0, text.str().size() / 2);
  EXPECT_EQ(call("replay " + run_.string()), 254);
  EXPECT_EQ(std::count(text_.begin(), text_.end(), '\n'), 1) << text_;
  EXPECT_TRUE(said("cut off")) << text_;
  fs::remove(folder_ / run_ / "run.json");
  EXPECT_EQ(call("replay " + run_.string()), 254);
}

TEST_F(Replay, ACampaignOnRealProcessesAndOneOfItsRunsAgain) {
  ASSERT_EQ(call("campaign hint-holder-crash --on loopback --seeds 2 --seed 7 --quiet --set "
                 "workload.keys=200"),
            0)
      << text_;
  EXPECT_TRUE(said("2 runs: 2 valid, 0 invalid, 0 unknown")) << text_;
  fs::path folder;
  for (const auto& each : fs::directory_iterator(folder_ / "results/campaign")) {
    if (!each.is_symlink()) folder = each.path();
  }
  const auto summary = nlohmann::json::parse(std::ifstream(folder / "campaign.json"));
  EXPECT_EQ(summary["on"], "loopback");
  EXPECT_EQ(summary["jobs"], 1);
  EXPECT_EQ(call("campaign --resume " + folder.string() + " --seeds 3 --quiet"), 0) << text_;
  EXPECT_TRUE(said("3 runs: 3 valid")) << text_;
  EXPECT_EQ(call("replay " + (folder / "runs/hint-holder-crash/latest").string()), 0) << text_;
  EXPECT_TRUE(said("when processes run and packets arrive is the kernel's affair")) << text_;
  EXPECT_TRUE(said("VALID  hint-holder-crash on loopback, seed 9")) << text_;
}

TEST_F(Replay, ACampaignLeavesOutWhatItsWorldCannotDo) {
  EXPECT_EQ(call("campaign partition-heal --on loopback --seeds 2 --quiet"), 2);
  EXPECT_TRUE(said("0 runs")) << text_;
  EXPECT_TRUE(said("2 seeds left out; the first because ")) << text_;
  EXPECT_TRUE(said("cannot inject \"partition\"")) << text_;
  EXPECT_EQ(call("campaign steady --on loopback --seeds 2 --jobs 2"), 254);
  EXPECT_EQ(call("campaign steady --on mars --seeds 2"), 254);
}

}  // namespace
}  // namespace holdfast::harness
