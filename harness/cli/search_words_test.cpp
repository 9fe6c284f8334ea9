// Bad input of the words that search: campaign, zoo, shrink. One clear line, and 254.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "harness/cli/testing/program_fixture.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

class SearchWords : public ProgramTest {
 protected:
  int call(const std::string& words) {
    const Outcome outcome = holdfast(words);
    said_ = outcome.text;
    return outcome.code;
  }
  void expect_complaint(const std::string& words, const std::string& about) {
    EXPECT_EQ(call(words), 254) << words << "\n" << said_;
    EXPECT_EQ(std::ranges::count(said_, '\n'), 1) << said_;
    EXPECT_NE(said_.find(about), said_.npos) << words << "\n" << said_;
  }

  std::string said_;
};

TEST_F(SearchWords, UnknownNamesAreNamed) {
  expect_complaint("zoo no_such_bug", "no_such_bug");
  expect_complaint("campaign no-such-scenario --seeds 1", "no-such-scenario");
  expect_complaint("campaign random --seeds 1 --set node.bugs=no_such_bug", "no_such_bug");
  expect_complaint("campaign random --seeds 1 --seed nonsense", "--seed nonsense");
}

TEST_F(SearchWords, BudgetsOfZeroAreRefused) {
  expect_complaint("zoo --seeds 0", "above zero");
  expect_complaint("campaign random --seeds 0", "--seeds");
  expect_complaint("campaign random --for 0s", "--for");
  fs::create_directories(folder_ / "run");
  expect_complaint("shrink run --for 0s", "above zero");
}

TEST_F(SearchWords, FoldersThatAreNoWholeRunAreRefused) {
  expect_complaint("shrink nowhere", "nowhere");
  expect_complaint("campaign --resume nowhere", "nowhere");
  ASSERT_EQ(call("run steady --seed 7 --quiet --set keys=200"), 0) << said_;
  // A valid run is nothing to shrink.
  expect_complaint("shrink results/steady/latest", "nothing to shrink");
  const fs::path run = fs::canonical(folder_ / "results/steady/latest");
  fs::resize_file(run / "run.json", 40);
  expect_complaint("shrink results/steady/latest", "run.json");
  fs::remove(run / "run.json");
  expect_complaint("shrink results/steady/latest", "run.json");
}

}  // namespace
}  // namespace holdfast::harness
