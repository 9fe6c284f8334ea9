#include "nemesis/linux/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <utility>

#include "nemesis/linux/testing/in_sandbox.h"

namespace holdfast::nemesis {
namespace {

// A sandboxed process that a test may signal.
class Running {
 public:
  template <class Action>
  explicit Running(const Action& action) : before_(machine_state()) {
    pid_ = start_in_sandbox(word_, action);
    const std::string said = word_.hear();
    if (said.starts_with("0 ")) {
      refusal_ = said.substr(2);
    } else {
      network_ = std::stoul(said);
    }
  }
  ~Running() {
    if (pid_ > 0) (void)wait();
  }

  // Why there is no sandbox here; empty if there is.
  const std::string& refusal() const { return refusal_; }
  pid_t pid() const { return pid_; }
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return status;
  }
  void expect_nothing_left() const {
    // The kernel ends what was inside after the process that was waited for.
    for (int i = 0; i < 500 && !processes_in(network_).empty(); ++i) ::usleep(10'000);
    EXPECT_EQ(processes_in(network_), std::vector<std::string>{});
    EXPECT_EQ(machine_state(), before_);
  }
  std::vector<std::string> processes() const { return processes_in(network_); }

 private:
  std::string before_;
  Word word_;
  pid_t pid_ = -1;
  std::string refusal_;
  ino_t network_ = 0;
};

#define NEEDS_SANDBOX(running) \
  if (!(running).refusal().empty()) GTEST_SKIP() << (running).refusal()

TEST(Sandbox, HasItsOwnNetworkProcessesAndMounts) {
  in_sandbox([](const Sandbox& sandbox) {
    EXPECT_LT(::getpid(), 10);
    EXPECT_EQ(::geteuid(), 0u);
    EXPECT_GT(sandbox.outside_pid, 2);
    struct if_nameindex* links = ::if_nameindex();
    EXPECT_STREQ(links[0].if_name, "lo");
    EXPECT_EQ(links[1].if_index, 0u);
    ::if_freenameindex(links);
    EXPECT_EQ(::mount("none", "/mnt", "tmpfs", 0, nullptr), 0);
    std::ofstream("/mnt/made-inside") << "x";
  });
  EXPECT_NE(::access("/mnt/made-inside", F_OK), 0);
}

TEST(Sandbox, EndsWithTheHarnessesExitCode) {
  for (const int code : {0, 1, 254}) {
    Running running([&](const Sandbox&) { return code; });
    NEEDS_SANDBOX(running);
    const int status = running.wait();
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), code);
  }
}

TEST(Sandbox, EndsByTheSignalThatEndedTheHarness) {
  Running running([](const Sandbox&) { return ::kill(::getpid(), SIGKILL); });
  NEEDS_SANDBOX(running);
  const int status = running.wait();
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
}

TEST(Sandbox, PassesSignalsOn) {
  for (const int number : {SIGINT, SIGTERM}) {
    Word ready;
    Running running([&](const Sandbox&) {
      sigset_t set;
      sigemptyset(&set);
      sigaddset(&set, SIGINT);
      sigaddset(&set, SIGTERM);
      ::sigprocmask(SIG_BLOCK, &set, nullptr);
      ready.say("");
      int got = 0;
      ::sigwait(&set, &got);
      return got;
    });
    NEEDS_SANDBOX(running);
    ready.hear();
    ::kill(running.pid(), number);
    EXPECT_EQ(WEXITSTATUS(running.wait()), number);
    running.expect_nothing_left();
  }
}

// Ctrl-C in a terminal reaches every process of the group: the harness must not get it twice.
TEST(Sandbox, GetsTheTerminalsInterruptOnceAndKeepsTheTerminal) {
  int terminal = -1;
  const pid_t pid = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (pid == 0) {
    if (!enter_sandbox()) ::_exit(kNoSandbox);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    char line[8] = {};
    ::printf("ready\n");
    ::fflush(stdout);
    if (::fgets(line, sizeof line, stdin) == nullptr) ::_exit(1);
    ::printf("heard %s", line);
    ::fflush(stdout);
    const timespec second{1, 0};
    if (::sigtimedwait(&set, nullptr, &second) != SIGINT) ::_exit(2);
    const timespec moment{0, 100'000'000};
    ::_exit(::sigtimedwait(&set, nullptr, &moment) == SIGINT ? 3 : 42);
  }
  std::string seen;
  const auto await = [&](const char* text) {
    char byte = 0;
    while (seen.find(text) == seen.npos && ::read(terminal, &byte, 1) == 1) seen += byte;
  };
  await("ready");
  if (seen.find("ready") != seen.npos) {
    EXPECT_EQ(::write(terminal, "word\n", 5), 5);
    await("heard word");
    EXPECT_EQ(::write(terminal, "\x03", 1), 1);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  ::close(terminal);
  if (WEXITSTATUS(status) == kNoSandbox) GTEST_SKIP() << "not allowed here";
  EXPECT_EQ(WEXITSTATUS(status), 42);
}

// Somebody whose parent has gone belongs to the first process, which must reap it and not stop.
TEST(Sandbox, ReapsOrphansAndKillsWhatOutlivesTheHarness) {
  Running running([](const Sandbox&) {
    for (int i = 0; i < 3; ++i) {
      if (::fork() == 0) {
        if (::fork() == 0) ::pause();
        ::_exit(0);
      }
    }
    ::signal(SIGTERM, SIG_IGN);
    for (int i = 0; i < 2; ++i) {
      if (::fork() == 0) ::pause();  // refuses to end by SIGTERM
    }
    ::usleep(20'000);
    return 5;
  });
  NEEDS_SANDBOX(running);
  EXPECT_EQ(WEXITSTATUS(running.wait()), 5);
  running.expect_nothing_left();
}

TEST(Sandbox, DiesWithTheProcessThatStaysOutside) {
  Word ready;
  Running running([&](const Sandbox&) {
    if (::fork() == 0) {
      ::setsid();
      ready.say("");
    }
    ::pause();
    return 0;
  });
  NEEDS_SANDBOX(running);
  ready.hear();
  EXPECT_GE(running.processes().size(), 3u);
  ::kill(running.pid(), SIGKILL);
  EXPECT_TRUE(WIFSIGNALED(running.wait()));
  running.expect_nothing_left();
}

// At any moment of its making, too.
TEST(Sandbox, KilledAtAnyMomentItLeavesNothing) {
  const std::string before = machine_state();
  for (int i = 0; i < 50; ++i) {
    std::fflush(nullptr);
    Word alive;  // its writing end is open while anything inside lives
    const pid_t pid = ::fork();
    if (pid == 0) {
      if (!enter_sandbox()) ::_exit(kNoSandbox);
      if (::fork() == 0) ::setsid();
      ::pause();
      ::_exit(0);
    }
    ::usleep(static_cast<useconds_t>(i * 200));
    ::kill(pid, SIGKILL);
    int status = 0;
    ::waitpid(pid, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == kNoSandbox) GTEST_SKIP() << "not allowed here";
    alive.close_mine();
    EXPECT_EQ(alive.hear(), "") << "the end: nobody is left";
  }
  EXPECT_EQ(machine_state(), before);
}

// The message is made in a user namespace whose own limits a test may lower.
std::string refusal_with(const std::string& limit) {
  Word word;
  const uid_t user = ::geteuid();
  const pid_t pid = ::fork();
  if (pid == 0) {
    const bool inside = ::unshare(CLONE_NEWUSER) == 0;
    std::ofstream("/proc/self/uid_map") << "0 " << user << " 1";
    std::ofstream file("/proc/sys/user/" + limit);
    file << 0 << std::flush;
    if (!inside || !file) {
      word.say("skip");
    } else {
      const auto entered = enter_sandbox();
      word.say(entered ? "entered" : entered.error().message);
    }
    ::_exit(0);
  }
  std::string said = word.hear();
  ::waitpid(pid, nullptr, 0);
  return said;
}

TEST(Sandbox, SaysWhatToEnable) {
  const std::string said = refusal_with("max_net_namespaces");
  if (said == "skip") GTEST_SKIP() << "no user namespace to try it in";
  EXPECT_EQ(said,
            "this machine allows no namespaces: enable them with sysctl "
            "user.max_net_namespaces=10000, or use --on loopback");
}

}  // namespace
}  // namespace holdfast::nemesis
