// What keeps the search honest: the correct node passes, planted bugs and a canary do not, the same
// seed is the same run, and what was found can be shrunk.
#include "harness/campaign/campaign.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "harness/campaign/shrink_run.h"
#include "harness/campaign/workers.h"
#include "harness/campaign/zoo.h"
#include "harness/test_file/swarm.h"
#include "node/core/bugs.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

// CI sets it to the commit, so that each one tries others; a red one names the seed. As --seed
// takes a commit: its first 16 digits.
std::uint64_t first_seed() {
  const char* const text = std::getenv("HOLDFAST_SEED");
  if (text == nullptr) return 1;
  return std::strtoull(std::string(text).substr(0, 16).c_str(), nullptr, 16);
}

// What a program prints; nothing if it fails.
std::string output_of(const std::string& command) {
  std::string text;
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return text;
  char buffer[4096];
  while (const std::size_t size = std::fread(buffer, 1, sizeof buffer, pipe)) {
    text.append(buffer, size);
  }
  return ::pclose(pipe) == 0 ? text : "";
}

CampaignState run(CampaignPlan plan) {
  plan.jobs = 2;
  Campaign campaign(std::move(plan), {});
  return campaign.run([](const CampaignState&) {});
}

std::string findings(const CampaignState& state) {
  std::string text = state.error;
  for (const Group& group : state.groups) {
    text += group.test + " --seed " + std::to_string(group.first_seed) + ": " + group.cause.key() +
            "\n" + group.cause.example + "\n";
  }
  return text;
}

TEST(Campaign, CorrectNodePassesRandomTests) {
  CampaignPlan plan;
  plan.tests = {"random"};
  plan.seeds = 200;
  plan.first_seed = first_seed();
  plan.keep_going = true;
  const CampaignState state = run(plan);
  EXPECT_EQ(state.runs, 200u);
  EXPECT_EQ(state.invalid, 0u) << findings(state);
}

TEST(Campaign, SameSeedsAreTheSameRuns) {
  CampaignPlan plan;
  plan.tests = {"random", "hint-holder-crash"};
  plan.seeds = 5;
  plan.first_seed = first_seed();
  plan.keep_going = true;
  const std::uint64_t digest = run(plan).digest;
  EXPECT_EQ(digest, run(plan).digest);
  plan.first_seed += 1;
  EXPECT_NE(digest, run(plan).digest);
}

// Another compiler's build of the same sources (./dev test makes it) must see the same runs.
TEST(Campaign, SecondBuildSeesTheSameRuns) {
  const char* const other = std::getenv("HOLDFAST_SECOND_BUILD");
  if (other == nullptr) GTEST_SKIP() << "HOLDFAST_SECOND_BUILD names no second build's programs";
  const std::string arguments = " " + std::to_string(first_seed()) + " 8";
  const std::string mine = output_of(HOLDFAST_BIN_DIR "/trace_hashes" + arguments);
  EXPECT_EQ(std::ranges::count(mine, '\n'), 16) << mine;
  EXPECT_EQ(mine, output_of(std::string(other) + "/trace_hashes" + arguments));
}

// A campaign that cannot fail proves nothing.
TEST(Campaign, CanaryIsFound) {
  CampaignPlan plan;
  plan.tests = {"random"};
  plan.seeds = 20;
  plan.settings = {"node.bugs=ack_before_sync,delete_hint_before_ack,timeout_is_failure"};
  const CampaignState state = run(plan);
  EXPECT_GT(state.invalid, 0u);
  EXPECT_LT(state.runs, 20u) << "it stops at the first finding";
  ASSERT_FALSE(state.groups.empty());
  EXPECT_FALSE(state.groups.front().cause.example.empty());
}

TEST(Campaign, GoesOnWhereItStopped) {
  const fs::path folder = fs::path(testing::TempDir()) / "holdfast-campaign-resume";
  fs::remove_all(folder);
  fs::create_directories(folder);
  CampaignPlan plan;
  plan.tests = {"random"};
  plan.seeds = 4;
  plan.jobs = 1;
  {
    Campaign half(plan, folder);
    half.run([](const CampaignState&) {});
  }
  plan.seeds = 6;
  Campaign rest(plan, folder);
  ASSERT_TRUE(rest.resume());
  const CampaignState& state = rest.run([](const CampaignState&) {});
  EXPECT_EQ(state.runs, 6u);
  EXPECT_EQ(state.runs_of_this_part, 2u);
  fs::remove_all(folder);
}

TEST(Campaign, UnknownTestsAndSettingsAreRefused) {
  CampaignPlan plan;
  EXPECT_FALSE(resolve_test(plan, "no-such-scenario", 1));
  plan.settings = {"node.bugs=no_such_bug"};
  EXPECT_FALSE(resolve_test(plan, "steady", 1));
}

// A finding is the same run again, and fails again for the same reason.
void expect_repeatable(const ZooEntry& finding) {
  auto test = resolve_test(finding.test, finding.seed);
  ASSERT_TRUE(test);
  ASSERT_TRUE(apply_setting(*test, "node.bugs=" + finding.bug));
  const auto first = try_test(*test, finding.seed);
  const auto second = try_test(*test, finding.seed);
  ASSERT_TRUE(first && second) << finding.bug;
  EXPECT_EQ(first->trace_hash, second->trace_hash) << finding.bug;
  ASSERT_FALSE(first->causes.empty()) << finding.bug;
  EXPECT_EQ(first->causes.front().key(), finding.cause.key()) << finding.bug;
}

// What issue trackers of the field are full of; on its own each must be found.
TEST(Zoo, TheFourClassicsAreFound) {
  ZooPlan plan;
  plan.bugs = {"ack_before_sync", "delete_hint_before_ack", "late_delivery_overwrites",
               "merkle_misses_range"};
  plan.jobs = 2;
  for (const ZooEntry& entry : Zoo(plan).run([](const std::vector<ZooEntry>&) {})) {
    EXPECT_TRUE(entry.caught) << entry.bug << " after " << entry.seeds << " seeds " << entry.error;
  }
}

// Ten others with every commit.
TEST(Zoo, TenBugsAreFound) {
  ZooPlan plan;
  const auto& bugs = node::all_bugs();
  for (std::size_t i = 0; i < 10; ++i) {
    plan.bugs.emplace_back(bugs[(first_seed() % bugs.size() + i) % bugs.size()].name);
  }
  plan.jobs = 2;
  for (const ZooEntry& entry : Zoo(plan).run([](const std::vector<ZooEntry>&) {})) {
    EXPECT_TRUE(entry.caught) << entry.bug << " after " << entry.seeds << " seeds " << entry.error;
    if (entry.caught) expect_repeatable(entry);
  }
}

TEST(Shrink, FindingBecomesAShortTestThatFailsForTheSameReason) {
  const fs::path folder = fs::path(testing::TempDir()) / "holdfast-shrink";
  fs::remove_all(folder);
  Result<TestFile> test = load_test_file("outage-short");
  ASSERT_TRUE(test);
  ASSERT_TRUE(apply_setting(*test, "node.bugs=deletes_not_handed_off"));
  ASSERT_TRUE(record_run(*test, 10, folder));
  const auto outcome = shrink_run(folder, {60'000, 2000}, {});
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_LE(outcome->test.schedule.size(), 3u);
  EXPECT_LE(outcome->test.parameters.script.size(), 10u);
  // The file says all there is to say.
  const auto again = parse_test_file(readable(outcome->test), "shrunk.json");
  ASSERT_TRUE(again) << again.error().message;
  const auto failed = try_test(*again, outcome->seed);
  ASSERT_TRUE(failed);
  ASSERT_FALSE(failed->causes.empty());
  EXPECT_EQ(failed->causes.front().kind(), outcome->cause.kind());
  // It is the bug, nothing else.
  TestFile correct = *again;
  correct.config.bugs.reset();
  EXPECT_NE(try_test(correct, outcome->seed)->verdict, checkers::Verdict::invalid);
  fs::remove_all(folder);
}

// Tests that once failed. With a planted bug they must fail, without it they must pass.
TEST(Regressions, AllHold) {
  std::size_t files = 0;
  for (const auto& entry :
       fs::directory_iterator(fs::path(HOLDFAST_SOURCE_DIR) / "scenarios" / "regressions")) {
    if (entry.path().extension() != ".json") continue;
    ++files;
    auto test = load_test_file(entry.path().string());
    ASSERT_TRUE(test) << test.error().message;
    const std::uint64_t seed = test->seed.value_or(1);
    if (test->config.bugs.any()) {
      EXPECT_EQ(try_test(*test, seed)->verdict, checkers::Verdict::invalid) << entry.path();
      test->config.bugs.reset();
    }
    EXPECT_NE(try_test(*test, seed)->verdict, checkers::Verdict::invalid) << entry.path();
  }
  EXPECT_GT(files, 0u);
}

TEST(Workers, CrashIsAResultAndTakesNothingElseAlong) {
  Workers workers(1, [](std::string_view task) -> std::string {
    if (task == "crash") std::abort();
    return "did " + std::string(task);
  });
  // One wait may see half a result.
  const auto result = [&workers] {
    std::optional<Workers::Done> done;
    for (int i = 0; i < 20 && !done; ++i) done = workers.wait(1000);
    return done;
  };
  workers.start(1, "crash");
  auto done = result();
  ASSERT_TRUE(done);
  EXPECT_TRUE(done->crashed);
  workers.start(2, "work");
  done = result();
  ASSERT_TRUE(done);
  EXPECT_EQ(done->result, "did work");
}

TEST(Cause, ShapesForgetNamesNumbersAndTimes) {
  EXPECT_EQ(shape_of("n1 stored a hint for n2 at 0.312 s"),
            shape_of("n4 stored a hint for n3 at 12.9 s"));
  EXPECT_NE(shape_of("n1 stored a hint"), shape_of("n1 lost power"));
}

TEST(RandomTest, IsAFunctionOfItsSeed) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const TestFile test = draw_random_test(seed);
    EXPECT_TRUE(validate(test));
    EXPECT_EQ(readable(test), readable(draw_random_test(seed)));
    // It survives being written down.
    const auto again = parse_test_file(readable(test), "random.json");
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(readable(*again), readable(test));
  }
}

}  // namespace
}  // namespace holdfast::harness
