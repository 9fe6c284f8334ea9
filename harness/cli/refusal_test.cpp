// A machine that refuses what a real cluster needs: one line before the test starts, exit code 255,
// nothing left.
#include "harness/cli/testing/refusal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "harness/cli/testing/leftovers.h"
#include "harness/cli/testing/program_fixture.h"
#include "nemesis/linux/testing/in_sandbox.h"
#include "node/base/clock_page.h"
#include "node/base/disk_page.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

constexpr int kCannotTry = 77;
constexpr uid_t kNobody = 65534;

constexpr const char* kNoNamespaces =
    "this machine allows no namespaces (Operation not permitted): run as root, give a container "
    "--privileged, or use --on loopback";
const std::string kSeeLimits = "; see ulimit -v and -n, and a container's seccomp profile";

class RefusalTest : public ProgramTest {
 protected:
  struct Ended {
    int code = -1;
    std::string out;
    std::string log;
  };

  Ended run(const std::string& words, const Refusal& refusal, uid_t user = ::geteuid()) const {
    const pid_t pid = ::fork();
    if (pid == 0) become(words, refusal, user);
    int status = 0;
    ::waitpid(pid, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, nemesis::text_of(folder_ / "out"),
            nemesis::text_of(folder_ / "log")};
  }

  // `line` is what it must say.
  void expect_refused(const std::string& words, const Refusal& refusal, const std::string& line,
                      uid_t user = ::geteuid()) const {
    const Ended ended = run(words, refusal, user);
    if (ended.code == kCannotTry) GTEST_SKIP() << "no seccomp filters, or not for that user";
    if (ended.log.find("allows no namespaces") != ended.log.npos &&
        line.find("allows no namespaces") == line.npos) {
      GTEST_SKIP() << ended.log;
    }
    EXPECT_EQ(ended.code, 255);
    EXPECT_EQ(ended.out, "");
    // Any node may be the first to fail.
    EXPECT_EQ(std::regex_replace(ended.log, std::regex("n[2-5] ended"), "n1 ended"),
              "holdfast: " + line + "\n");
    for (int waited = 0; waited < 1000 && !processes_about(folder_).empty(); ++waited) {
      ::usleep(10'000);
    }
    EXPECT_EQ(processes_about(folder_), std::vector<std::string>{});
    fs::remove(folder_ / "out");
    fs::remove(folder_ / "log");
    fs::remove(folder_ / "results");  // empty, or the folder is not
    EXPECT_TRUE(fs::is_empty(folder_));
    EXPECT_EQ(nemesis::machine_state(), before_);
  }

 private:
  [[noreturn]] void become(const std::string& words, const Refusal& refusal, uid_t user) const {
    ::chdir(folder_.c_str());
    std::freopen("out", "w", stdout);
    std::freopen("log", "w", stderr);
    ::setenv("HOLDFAST_TEST_FOLDER", folder_.c_str(), 1);  // what processes_about() looks for
    ::setenv("TMPDIR", folder_.c_str(), 1);
    if (user != ::geteuid()) {
      const bool became =
          ::chown(folder_.c_str(), user, user) == 0 && ::setgid(user) == 0 && ::setuid(user) == 0;
      if (!became || ::access(program().c_str(), X_OK) != 0) ::_exit(kCannotTry);
    }
    if (!refusal.install()) ::_exit(kCannotTry);
    const std::string line = "exec " + program() + " run --quiet " + words;
    ::execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
    ::_exit(kCannotTry);
  }

  const std::string before_ = nemesis::machine_state();
};

Refusal no_socket(std::uint32_t family, std::vector<Refusal::Argument> more, std::uint32_t error) {
  more.push_back({0, family});
  return {SYS_socket, std::move(more), error};
}

// `protection`: PROT_READ is how a node maps a page, with PROT_WRITE it is the harness.
Refusal no_page(std::size_t bytes, std::uint32_t protection) {
  return {
      SYS_mmap, {{1, static_cast<std::uint32_t>(bytes)}, {2, protection}, {3, MAP_SHARED}}, ENOMEM};
}

TEST_F(RefusalTest, NftablesIsMissing) {
  expect_refused("partition-heal --on netns",
                 no_socket(AF_NETLINK, {{2, NETLINK_NETFILTER}}, EPROTONOSUPPORT),
                 "nftables is missing (Protocol not supported): load the kernel's module "
                 "nf_tables; --on loopback needs none of this");
}

TEST_F(RefusalTest, NoLinksCanBeMade) {
  expect_refused(
      "partition-heal --on netns", no_socket(AF_NETLINK, {{2, NETLINK_ROUTE}}, EPROTONOSUPPORT),
      "cannot talk to the kernel about links: Protocol mismatch; --on loopback needs none of this");
}

TEST_F(RefusalTest, NamespacesAreRefused) {
  const Refusal refusal{SYS_unshare, {{0, CLONE_NEWNET, CLONE_NEWNET}}, EPERM};
  expect_refused("partition-heal --on netns", refusal, kNoNamespaces);
}

TEST_F(RefusalTest, UserNamespacesAreRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
  const Refusal refusal{SYS_unshare, {{0, CLONE_NEWUSER, CLONE_NEWUSER}}, EPERM};
  expect_refused("partition-heal --on netns", refusal, kNoNamespaces, kNobody);
}

TEST_F(RefusalTest, ThereAreTooManyNetworkNamespaces) {
  const Refusal refusal{SYS_unshare, {{0, CLONE_NEWNET}}, ENOSPC};
  expect_refused("partition-heal --on netns", refusal,
                 "cannot make a network namespace: No space left on device (raise sysctl "
                 "user.max_net_namespaces); --on loopback needs none of this");
}

TEST_F(RefusalTest, LinksCannotBeShaped) {
  expect_refused("delivery-interrupted --on netns", no_socket(AF_PACKET, {}, EAFNOSUPPORT),
                 "cannot inject \"link\" (at 4900ms): cannot open packet sockets (the kernel needs "
                 "CONFIG_PACKET): Address family not supported by protocol; take it out of the "
                 "schedule, or use --on sim");
}

TEST_F(RefusalTest, NoMemoryCanBeShared) {
  expect_refused("steady --on loopback", {SYS_memfd_create, {}, ENOSYS},
                 "cannot share memory with the nodes (holdfast-clocks): Function not implemented" +
                     kSeeLimits);
}

TEST_F(RefusalTest, TheHarnessCannotMapItsPages) {
  expect_refused(
      "steady --on loopback", no_page(sizeof(ClockPage), PROT_READ | PROT_WRITE),
      "cannot share memory with the nodes (holdfast-clocks): Cannot allocate memory" + kSeeLimits);
  expect_refused(
      "steady --on netns", no_page(sizeof(DiskPage), PROT_READ | PROT_WRITE),
      "cannot share memory with the nodes (holdfast-disks): Cannot allocate memory" + kSeeLimits);
}

TEST_F(RefusalTest, ANodeCannotMapItsPages) {
  expect_refused("steady --on loopback", no_page(sizeof(ClockPage), PROT_READ),
                 "a node did not start: n1 ended by itself: exit code 255; its last line: "
                 "holdfast-node: clock_fd: cannot map it: Cannot allocate memory");
  expect_refused("steady --on netns", no_page(sizeof(DiskPage), PROT_READ),
                 "a node did not start: n1 ended by itself: exit code 255; its last line: "
                 "holdfast-node: disk_fd: cannot map it: Cannot allocate memory");
}

}  // namespace
}  // namespace holdfast::harness
