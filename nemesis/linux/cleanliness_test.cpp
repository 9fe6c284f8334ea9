// A harness that is killed with a whole cluster up: at any moment, nothing remains.
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "nemesis/linux/bridge_paths.h"
#include "nemesis/linux/partitions.h"
#include "nemesis/linux/shaper.h"
#include "nemesis/linux/testing/in_sandbox.h"
#include "nemesis/linux/testing/sockets.h"
#include "node/base/random.h"

namespace holdfast::nemesis {
namespace {

// A process in a node's network that refuses to end.
void start_stubborn_node(const Network& network, NodeId node) {
  if (::fork() != 0) return;
  if (!network.node_namespace(node).enter()) ::_exit(1);
  ::setsid();
  for (const int number : {SIGHUP, SIGINT, SIGTERM}) ::signal(number, SIG_IGN);
  for (;;) ::pause();
}

[[noreturn]] void run_for_ever() {
  if (!enter_sandbox()) ::_exit(kNoSandbox);
  ::mount("none", "/mnt", "tmpfs", 0, nullptr);
  const Network network = Network::make(3).value();
  for (NodeId node = 0; node < network.size(); ++node) start_stubborn_node(network, node);
  Partitions partitions = Partitions::make(network, kPort).value();
  const auto shaper = BridgePaths::make_shaper(network, 1).value();
  LinkQuality slow;
  slow.delay = std::chrono::milliseconds(10);
  for (;;) {
    EXPECT_TRUE(partitions.cut({{0, 1}}) && shaper->set(1, 2, slow));
    EXPECT_TRUE(partitions.mend({{0, 1}}) && shaper->set(1, 2, {}));
  }
}

TEST(Cleanliness, AHarnessKilledAtAnyMomentLeavesNothing) {
  const std::string before = machine_state();
  Random random(static_cast<std::uint64_t>(::getpid()));
  for (int i = 0; i < 50; ++i) {
    std::fflush(nullptr);
    Word alive;  // its writing end is open while anything inside lives
    const pid_t pid = ::fork();
    if (pid == 0) run_for_ever();
    ::usleep(static_cast<useconds_t>(random.below(100'000)));
    ::kill(pid, i % 2 == 0 ? SIGKILL : SIGTERM);
    int status = 0;
    ::waitpid(pid, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == kNoSandbox) GTEST_SKIP() << "not allowed here";
    EXPECT_TRUE(WIFSIGNALED(status));
    alive.close_mine();
    EXPECT_EQ(alive.hear(), "") << "the end: nobody is left";
    ASSERT_EQ(machine_state(), before);
  }
}

}  // namespace
}  // namespace holdfast::nemesis
