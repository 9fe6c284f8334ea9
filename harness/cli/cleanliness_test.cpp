// A run in namespaces whose harness is killed at any moment leaves nothing: no process, link, rule,
// mount or temporary file.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "nemesis/linux/testing/in_sandbox.h"
#include "node/base/random.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

// Processes, zombies left out, whose command line or environment names the folder.
std::vector<std::string> processes_about(const std::string& folder) {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string pid = entry.path().filename().string();
    if (!std::isdigit(static_cast<unsigned char>(pid[0]))) continue;
    if (nemesis::text_of("/proc/" + pid + "/cmdline").find(folder) != std::string::npos ||
        nemesis::text_of("/proc/" + pid + "/environ").find(folder) != std::string::npos) {
      found.push_back(pid);
    }
  }
  return found;
}

// Files of a run that are of no use after it.
std::vector<std::string> leftovers(const fs::path& folder) {
  std::vector<std::string> found;
  std::error_code gone;
  for (fs::recursive_directory_iterator at(folder, gone), end; at != end; at.increment(gone)) {
    const std::string name = at->path().filename();
    if (name == "data" || name == "own-events.jsonl" || name.starts_with("holdfast-")) {
      found.push_back(at->path());
    }
  }
  return found;
}

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

}  // namespace
}  // namespace holdfast::harness
