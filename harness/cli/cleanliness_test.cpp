// A run whose harness is killed at any moment, interrupted, or out of space leaves nothing: no
// process, link, rule, mount or temporary file.
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/cli/testing/leftovers.h"
#include "nemesis/linux/testing/in_sandbox.h"
#include "node/base/random.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

pid_t start_run(const fs::path& folder, const std::string& on) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::chdir(folder.c_str());
  std::freopen("/dev/null", "w", stdout);
  std::freopen("log", "a", stderr);
  ::setenv("HOLDFAST_TEST_FOLDER", folder.c_str(), 1);  // what processes_about() looks for
  ::setenv("TMPDIR", folder.c_str(), 1);
  ::execl(HOLDFAST_BIN_DIR "/holdfast", "holdfast", "run", "partition-heal", "--on", on.c_str(),
          "--quiet", "--set", "workload.rate=500", nullptr);
  ::_exit(127);
}

void kill_at_random_moments(const std::string& on, int moments) {
  char name[] = "/tmp/holdfast-cleanliness-XXXXXX";
  const fs::path folder = ::mkdtemp(name);
  const std::string before = nemesis::machine_state();
  Random random(static_cast<std::uint64_t>(::getpid()));
  for (int i = 0; i < moments; ++i) {
    const pid_t pid = start_run(folder, on);
    ::usleep(static_cast<useconds_t>(random.below(3'000'000)));
    ::kill(pid, SIGKILL);
    int status = 0;
    ::waitpid(pid, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 255) {
      const std::string why = nemesis::text_of(folder / "log");
      fs::remove_all(folder);
      GTEST_SKIP() << why;
    }
    // Processes are killed by now, and the kernel is done with them soon.
    for (int waited = 0; waited < 1000; ++waited) {
      if (processes_about(folder).empty() && leftovers(folder).empty()) break;
      ::usleep(10'000);
    }
    ASSERT_EQ(processes_about(folder), std::vector<std::string>{}) << "moment " << i;
    ASSERT_EQ(leftovers(folder), std::vector<std::string>{}) << "moment " << i;
    ASSERT_EQ(nemesis::machine_state(), before) << "moment " << i;
  }
  fs::remove_all(folder);
}

// HOLDFAST_MOMENTS: more of them, for a night.
int moments() {
  const char* const more = std::getenv("HOLDFAST_MOMENTS");
  return more == nullptr ? 10 : std::atoi(more);
}

TEST(Cleanliness, ARunInNamespacesKilledAtAnyMomentLeavesNothing) {
  kill_at_random_moments("netns", moments());
}

// ---- Interruptions and other bad ends ----------------------------------------------------------

// A run of a minute in a folder of its own.
class BadEnd : public testing::TestWithParam<const char*> {
 protected:
  BadEnd() {
    char name[] = "/tmp/holdfast-cleanliness-XXXXXX";
    folder_ = ::mkdtemp(name);
    before_ = nemesis::machine_state();
  }
  ~BadEnd() override {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    fs::remove_all(folder_);
  }

  void start(const std::string& more = "", const std::function<bool()>& prepare = nullptr) {
    const std::string line = std::string("exec " HOLDFAST_BIN_DIR "/holdfast run steady --on ") +
                             GetParam() + " --quiet --set workload.rate=500 " +
                             "--set phases.load_ms=60000 --set workload.keys=20000 " + more;
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::chdir(folder_.c_str());
    std::freopen("out", "w", stdout);
    std::freopen("log", "w", stderr);
    ::setenv("HOLDFAST_TEST_FOLDER", folder_.c_str(), 1);
    ::setenv("TMPDIR", folder_.c_str(), 1);
    if (prepare && !prepare()) ::_exit(77);
    ::execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
    ::_exit(127);
  }
  fs::path run_folder() const { return folder_ / "results/steady/latest"; }
  // Until operations are recorded; false if the run ended before.
  bool await_load() {
    for (int i = 0; i < 3000; ++i) {
      std::error_code none;
      for (fs::recursive_directory_iterator at(folder_ / "results", none), end; !none && at != end;
           at.increment(none)) {
        if (at->path().filename() == "history.jsonl" && at->file_size(none) > 10'000) return true;
      }
      if (::waitpid(pid_, &status_, WNOHANG) == pid_) {
        pid_ = -1;
        return false;
      }
      ::usleep(20'000);
    }
    return false;
  }
  // Its exit code; -1 if it goes on for longer than `most_s`.
  int await_end(int most_s) {
    for (int i = 0; i < most_s * 100 && pid_ > 0; ++i) {
      if (::waitpid(pid_, &status_, WNOHANG) == pid_) pid_ = -1;
      ::usleep(10'000);
    }
    return pid_ < 0 && WIFEXITED(status_) ? WEXITSTATUS(status_) : -1;
  }
  void expect_nothing_left() {
    for (int waited = 0; waited < 1000; ++waited) {
      if (processes_about(folder_).empty() && leftovers(folder_).empty()) break;
      ::usleep(10'000);
    }
    EXPECT_EQ(processes_about(folder_), std::vector<std::string>{});
    EXPECT_EQ(leftovers(folder_), std::vector<std::string>{});
    EXPECT_EQ(nemesis::machine_state(), before_);
  }
  std::string log() const { return nemesis::text_of(folder_ / "log"); }
  // The results of a run that was interrupted once.
  nlohmann::json interrupted_results() {
    const int code = await_end(60);
    EXPECT_TRUE(code == 0 || code == 2) << code << "\n" << log();
    const auto json =
        nlohmann::json::parse(nemesis::text_of(run_folder() / "results.json"), nullptr, false);
    EXPECT_TRUE(json.is_object());
    return json;
  }

  fs::path folder_;
  std::string before_;
  pid_t pid_ = -1;
  int status_ = 0;
};

TEST_P(BadEnd, InterruptedOnceItHealsDumpsAndJudges) {
  start();
  if (!await_load()) GTEST_SKIP() << log();
  ::kill(pid_, SIGINT);
  const auto json = interrupted_results();
  EXPECT_EQ(json["interrupted"], true);
  EXPECT_EQ(json["checkers"]["lost-writes"]["verdict"], "valid");
  EXPECT_TRUE(fs::exists(run_folder() / "final.jsonl"));
  EXPECT_NE(log().find("once more ends it now"), std::string::npos);
  expect_nothing_left();
}

TEST_P(BadEnd, InterruptedTwiceItEndsAtOnce) {
  start();
  if (!await_load()) GTEST_SKIP() << log();
  ::kill(pid_, SIGINT);
  ::usleep(2000);
  ::kill(pid_, SIGINT);
  const int code = await_end(10);
  EXPECT_TRUE(code == 255 || code == 0 || code == 2) << code;  // or it had already ended
  expect_nothing_left();
}

// A node's program that ignores SIGTERM, and one that stands still.
TEST_P(BadEnd, NodesThatRefuseToDieAreKilled) {
  std::ofstream(folder_ / "stubborn")
      << "#!/bin/sh\ntrap '' TERM INT\n" HOLDFAST_BIN_DIR "/holdfast-node \"$@\"\n";
  ::chmod((folder_ / "stubborn").c_str(), 0755);
  start("--node-program " + (folder_ / "stubborn").string());
  if (!await_load()) GTEST_SKIP() << log();
  for (const std::string& pid : processes_about(folder_)) {
    const std::string command = nemesis::text_of("/proc/" + pid + "/cmdline");
    if (command.find("/nodes/n2/") == std::string::npos) continue;
    ::kill(std::stoi(pid), SIGSTOP);
  }
  ::kill(pid_, SIGINT);
  interrupted_results();
  expect_nothing_left();
}

TEST_P(BadEnd, AFullDiskIsOneLineAnd255) {
  fs::create_directory(folder_ / "results");
  // Seen by the run alone.
  start("", [this] {
    return ::unshare(CLONE_NEWNS) == 0 &&
           ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           ::mount("none", (folder_ / "results").c_str(), "tmpfs", 0, "size=512k") == 0;
  });
  const int code = await_end(100);
  if (code == 77) GTEST_SKIP() << "mounting needs root";
  EXPECT_EQ(code, 255) << log();
  const std::string said = log();
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
  EXPECT_NE(said.find("No space left on device"), std::string::npos) << said;
  expect_nothing_left();
}

INSTANTIATE_TEST_SUITE_P(Worlds, BadEnd, testing::Values("loopback", "netns"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace holdfast::harness
