#include "harness/cli/run_folder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

class RunFolder : public testing::Test {
 protected:
  RunFolder() {
    char name[] = "/tmp/holdfast-results-XXXXXX";
    results_ = ::mkdtemp(name);
  }
  ~RunFolder() override { fs::remove_all(results_); }

  fs::path results_;
};

TEST_F(RunFolder, IsNamedByTestAndUtcTime) {
  EXPECT_EQ(make_run_folder(results_ / "new", "steady", 1700000000).value(),
            results_ / "new/steady/2023-11-14T22-13-20Z");
}

TEST_F(RunFolder, TwoRunsOfOneSecondAreKeptApart) {
  const fs::path first = make_run_folder(results_, "steady", 1700000000).value();
  const fs::path second = make_run_folder(results_, "steady", 1700000000).value();
  EXPECT_EQ(second.string(), first.string() + "-2");
}

TEST_F(RunFolder, AnUnwritablePlaceIsNamedInTheError) {
  std::ofstream(results_ / "file") << "x";
  const auto made = make_run_folder(results_ / "file", "steady", 0);
  ASSERT_TRUE(made.has_error());
  EXPECT_NE(made.error().message.find("file/steady"), std::string::npos);
}

TEST_F(RunFolder, LatestFollowsTheNewest) {
  const fs::path first = make_run_folder(results_, "steady", 1).value();
  const fs::path second = make_run_folder(results_, "steady", 2).value();
  ASSERT_TRUE(link_latest(first));
  ASSERT_TRUE(link_latest(second));
  EXPECT_EQ(fs::canonical(results_ / "steady/latest"), fs::canonical(second));
}

TEST_F(RunFolder, LatestReplacesNothingButALink) {
  const fs::path folder = make_run_folder(results_, "steady", 1).value();
  std::ofstream(results_ / "steady/latest") << "mine";
  EXPECT_TRUE(link_latest(folder).has_error());
  EXPECT_TRUE(fs::is_regular_file(results_ / "steady/latest"));
}

TEST_F(RunFolder, IsFoundThroughItsLink) {
  const fs::path folder = make_run_folder(results_, "steady", 1).value();
  EXPECT_TRUE(find_run_folder(folder).has_error()) << "nothing in it yet";
  std::ofstream(folder / "history.jsonl") << "";
  ASSERT_TRUE(link_latest(folder));
  EXPECT_EQ(find_run_folder(results_ / "steady/latest").value(), fs::canonical(folder));
  EXPECT_TRUE(find_run_folder(results_ / "nowhere").has_error());
  EXPECT_TRUE(find_run_folder(folder / "history.jsonl").has_error());
}

}  // namespace
}  // namespace holdfast::harness
