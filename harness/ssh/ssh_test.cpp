// Runs on hosts that ssh reaches: real OpenSSH servers, one in each of a sandbox's network
// namespaces. Skips, and says why, for want of root, of namespaces or of a server.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/proc/proc_cluster.h"
#include "harness/ssh/ssh_place.h"
#include "harness/ssh/testing/ssh_hosts.h"
#include "node/base/random.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;
using nemesis::in_sandbox;
using nemesis::Sandbox;
using nemesis::text_of;

struct Ran {
  int code = -1;
  std::string out;
  std::string err;
};

class SshTest : public testing::Test {
 protected:
  SshTest() {
    char name[] = "/tmp/holdfast-ssh-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~SshTest() override { fs::remove_all(folder_); }

  void SetUp() override {
    if (!fs::exists("/usr/sbin/sshd")) GTEST_SKIP() << "no /usr/sbin/sshd (openssh-server)";
    if (::geteuid() != 0) GTEST_SKIP() << "servers of several hosts need root";
  }

  pid_t start(const std::string& words, const SshHosts& hosts) const {
    std::fflush(nullptr);
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    ::chdir(folder_.c_str());
    ::setenv("TMPDIR", folder_.c_str(), 1);
    const std::string on = words.starts_with("replay ") ? "" : " --on ssh";  // it knows
    const std::string command = "exec " HOLDFAST_BIN_DIR "/holdfast " + words + on + " --hosts " +
                                hosts.hosts_file().string() + " >out 2>err </dev/null";
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  Ran run(const std::string& words, const SshHosts& hosts) const {
    int status = 0;
    ::waitpid(start(words, hosts), &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text_of(folder_ / "out"),
            text_of(folder_ / "err")};
  }
  // Of this machine's own: ssh's sockets and logs, nodes' files that came here.
  std::vector<std::string> own_leftovers() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      if (entry.path().filename().string().starts_with("holdfast-")) found.push_back(entry.path());
    }
    return found;
  }
  // Processes of this machine that carry connections of the test.
  std::string own_ssh_processes() const {
    std::string found;
    for (const auto& entry : fs::directory_iterator("/proc")) {
      const std::string pid = entry.path().filename();
      const std::string line = text_of("/proc/" + pid + "/cmdline");
      if (line.starts_with("/usr/bin/ssh") && line.find(folder_.string()) != line.npos)
        found += pid;
    }
    return found;
  }
  // A folder with all the libraries that the hosts' loader does not find.
  std::string libraries() const {
    const fs::path folder = folder_ / "libraries";
    fs::create_directories(folder);
    run_shell("ldd " HOLDFAST_BIN_DIR
              "/holdfast | awk '$2 == \"=>\" {print $3}' | grep -v "
              "'/libc\\.so\\|/libm\\.so' | xargs -I{} cp {} " +
              folder.string());
    return folder;
  }
  // The last run's failure is one line, with these words; nothing was started.
  void expect_refused(const Ran& ran, const std::vector<std::string>& words) const {
    EXPECT_EQ(ran.code, 255) << ran.out;
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
    for (const std::string& word : words) {
      EXPECT_NE(ran.err.find(word), std::string::npos) << ran.err;
    }
    EXPECT_EQ(ran.out, "");
    EXPECT_TRUE(!fs::exists(folder_ / "results") || fs::is_empty(folder_ / "results"));
    EXPECT_EQ(own_leftovers(), std::vector<std::string>{});
  }

  fs::path folder_;
};

TEST_F(SshTest, ScenariosReachTheirVerdictsAndLeaveNothing) {
  in_sandbox([this](const Sandbox&) {
    const SshHosts hosts(5, folder_);
    for (const char* scenario : {"steady", "hint-holder-crash", "partition-heal"}) {
      const Ran ran = run(std::string("run ") + scenario, hosts);
      EXPECT_EQ(ran.code, 0) << scenario << "\n" << ran.out << ran.err;
      EXPECT_EQ(hosts.leftovers_in_the_end(), std::vector<std::string>{});
      EXPECT_EQ(own_leftovers(), std::vector<std::string>{});
      const fs::path results = folder_ / "results" / scenario / "latest";
      const auto json = nlohmann::json::parse(text_of(results / "run.json"), nullptr, false);
      ASSERT_TRUE(json.is_object());
      ASSERT_EQ(json["hosts"].size(), 5u);
      for (const auto& host : json["hosts"]) {  // they are this machine
        EXPECT_LE(std::abs(host["clock_offset_us"].get<std::int64_t>()),
                  host["clock_uncertainty_us"].get<std::int64_t>());
        EXPECT_LT(host["clock_uncertainty_us"].get<std::int64_t>(), 1'000'000);
      }
      for (NodeId node = 0; node < 5; ++node) {
        EXPECT_NE(text_of(results / "nodes" / node_name(node) / "node.log"), "");
        EXPECT_NE(text_of(results / "nodes" / node_name(node) / "events.jsonl"), "");
      }
    }
    const Ran again = run("replay results/partition-heal/latest --results again", hosts);
    EXPECT_EQ(again.code, 0) << again.out << again.err;
    EXPECT_TRUE(fs::exists(folder_ / "again/partition-heal/latest/results.json"));
  });
}

TEST_F(SshTest, AKilledHarnessLeavesNothingOnTheHosts) {
  in_sandbox([this](const Sandbox&) {
    const SshHosts hosts(5, folder_);
    Random random(static_cast<std::uint64_t>(::getpid()));
    for (int i = 0; i < 6; ++i) {
      const pid_t pid = start("run partition-heal --set workload.rate=500", hosts);
      ::usleep(static_cast<useconds_t>(random.below(4'000'000)));
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
      EXPECT_EQ(hosts.leftovers_in_the_end(), std::vector<std::string>{}) << "moment " << i;
      for (int waited = 0; waited < 500 && !own_leftovers().empty(); ++waited) ::usleep(10'000);
      EXPECT_EQ(own_leftovers(), std::vector<std::string>{}) << "moment " << i;
      EXPECT_EQ(own_ssh_processes(), "") << "moment " << i;
    }
  });
}

TEST_F(SshTest, AnUnchangedProgramIsCopiedOnce) {
  in_sandbox([this](const Sandbox&) {
    const SshHosts hosts(1, folder_);
    const std::string words =
        "run steady --set nodes=1 --set node.n=1 --set node.w=1 --set "
        "node.r=1";
    EXPECT_EQ(run(words, hosts).code, 0) << text_of(folder_ / "err") << text_of(folder_ / "out");
    const fs::path files = hosts.home(0) / ".cache/holdfast/files";
    const auto inodes = [&] {
      std::vector<std::pair<std::string, ino_t>> found;
      for (const auto& file : fs::directory_iterator(files)) {
        struct stat status {};
        ::stat(file.path().c_str(), &status);
        found.emplace_back(file.path().filename(), status.st_ino);
      }
      std::sort(found.begin(), found.end());
      return found;
    };
    const auto before = inodes();
    EXPECT_GT(before.size(), 2u);
    EXPECT_EQ(run(words, hosts).code, 0);
    EXPECT_EQ(inodes(), before);
  });
}

TEST_F(SshTest, WhatKeepsAHostFromBeingUsedIsOneLineBeforeTheTestStarts) {
  in_sandbox([this](const Sandbox&) {
    // uname, ahead of the host's own in PATH.
    const fs::path fake = folder_ / "fake";
    fs::create_directories(fake);
    std::ofstream(fake / "uname") << "#!/bin/sh\necho riscv64\n";
    fs::permissions(fake / "uname", fs::perms::owner_all | fs::perms::others_exec);
    const SshHosts hosts(2, folder_,
                         {{}, {false, "PATH=" + fake.string() + ":/usr/bin:/bin:/usr/sbin"}});
    const std::string one = "run steady --set nodes=1 --set node.n=1 --set node.w=1 --set node.r=1";

    hosts.write_hosts_file("\"port\": 23");
    expect_refused(run(one, hosts), {"n1 (" + hosts.address(0) + "): ", "Connection refused"});
    hosts.write_hosts_file("", "198.18.0.77");
    expect_refused(run(one, hosts), {"n1 (198.18.0.77): ", "No route to host"});
    hosts.write_hosts_file("\"user\": \"holdfast-nobody\"");
    expect_refused(run(one, hosts), {"Permission denied"});
    hosts.write_hosts_file("\"sudo\": true");
    if (!fs::exists("/usr/bin/sudo")) expect_refused(run(one, hosts), {"sudo", "not found"});

    hosts.write_hosts_file("");
    hosts.write_known_hosts("other_key");
    expect_refused(run(one, hosts), {"Host key verification failed"});
    hosts.write_known_hosts("host_key");

    expect_refused(run("run steady --set nodes=2 --set node.n=2", hosts),
                   {"n2 (" + hosts.address(1) + "): it is a riscv64", "\"programs\""});
    const Ran many = run("run steady", hosts);
    EXPECT_EQ(many.code, 255);
    EXPECT_NE(many.err.find("the test has 5 nodes, the hosts file lists 2;"), std::string::npos)
        << many.err;
  });
}

TEST_F(SshTest, AnAdministratorWhomSudoMakesRootCanDoAll) {
  if (!fs::exists("/usr/bin/sudo")) GTEST_SKIP() << "no /usr/bin/sudo";
  in_sandbox([this](const Sandbox&) {
    const SshHosts hosts(3, folder_, {{false, "", true}, {}, {}});
    hosts.write_hosts_file("\"user\": \"admin\"");
    const Ran refused = run("run partition-heal --set nodes=3", hosts);
    EXPECT_EQ(refused.code, 255) << refused.out;
    EXPECT_NE(refused.err.find("n1 (" + hosts.address(0) + "): "), std::string::npos);
    hosts.write_hosts_file("\"user\": \"admin\", \"sudo\": true");
    const Ran ran = run("run partition-heal --set nodes=3", hosts);
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    EXPECT_EQ(hosts.leftovers_in_the_end(), std::vector<std::string>{});
  });
}

TEST_F(SshTest, OldProgramsOnAHostAreNoticed) {
  in_sandbox([this](const Sandbox&) {
    const SshHosts hosts(1, folder_);
    const std::string one = "run steady --set nodes=1 --set node.n=1 --set node.w=1 --set node.r=1";
    const auto programs = [&](const std::string& holdfast, const std::string& node) {
      const fs::path folder = folder_ / "programs";
      fs::remove_all(folder);
      fs::create_directories(folder);
      std::ofstream(folder / "holdfast") << "#!/bin/sh\n" << holdfast << "\n";
      std::ofstream(folder / "holdfast-node") << "#!/bin/sh\n" << node << "\n";
      for (const char* name : {"holdfast", "holdfast-node"}) {
        fs::permissions(folder / name, fs::perms::owner_all);
      }
      hosts.write_hosts_file("\"programs\": \"" + folder.string() + "\"");
    };
    programs("echo 'holdfast: there is no word \"agent\"' >&2; exit 254", "");
    expect_refused(run(one, hosts), {"n1 (", "there is no word \"agent\""});
    programs("echo '{\"protocol\":1,\"holdfast\":\"0.0.9\",\"node\":\"0.0.8\"}'; cat", "");
    expect_refused(run(one, hosts), {"n1 (", "holdfast there is 0.0.9, holdfast-node 0.0.8"});
    // A true agent finds out what the node's program is.
    programs("exec env LD_LIBRARY_PATH=" + libraries() + " " HOLDFAST_BIN_DIR "/holdfast \"$@\"",
             "echo holdfast-node 0.0.7");
    expect_refused(run(one, hosts), {"n1 (", "holdfast-node 0.0.7"});
    EXPECT_EQ(hosts.leftovers_in_the_end(), std::vector<std::string>{});
  });
}

TEST_F(SshTest, AHostWithoutPrivilegesSaysWhatItCannotDoAndDoesTheRest) {
  in_sandbox([this](const Sandbox&) {
    const SshHosts hosts(3, folder_, {{}, {true, ""}, {}});
    const Ran refused = run("run partition-heal --set nodes=3", hosts);
    EXPECT_EQ(refused.code, 255) << refused.out;
    EXPECT_EQ(std::count(refused.err.begin(), refused.err.end(), '\n'), 1) << refused.err;
    EXPECT_NE(refused.err.find("n2 (" + hosts.address(1) + "): nftables"), std::string::npos)
        << refused.err;
    EXPECT_FALSE(fs::exists(folder_ / "results" / "partition-heal"));
    const Ran ran = run("run steady --set nodes=3", hosts);
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    EXPECT_EQ(hosts.leftovers_in_the_end(), std::vector<std::string>{});
  });
}

// A write through the first node that all three acknowledge; how long it took.
double write_ms(ProcCluster& cluster, std::uint64_t number) {
  std::optional<node::ClientReply> reply;
  node::ClientWrite request;
  request.key = "k";
  request.value = "v";
  request.id = {9, number};
  const auto begin = std::chrono::steady_clock::now();
  cluster.request(0, request, std::chrono::seconds(5),
                  [&](node::ClientReply answer) { reply = std::move(answer); });
  cluster.run([&] { return reply.has_value(); });
  EXPECT_EQ(reply->error, ErrorCode::none);
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

void pass(ProcCluster& cluster, Duration span) {
  bool done = false;
  cluster.after(span, [&] { done = true; });
  cluster.run([&] { return done; });
}

TEST_F(SshTest, FaultsOfLinksDisksAndClocksReachTheHost) {
  in_sandbox([this](const Sandbox&) {
    const SshHosts hosts(3, folder_);
    const auto file = read_hosts_file(hosts.hosts_file());
    ASSERT_TRUE(file) << file.error().message;
    ProcOptions options;
    options.nodes = 3;
    options.folder = folder_ / "run";
    options.config.n = 3;
    options.config.w = 3;  // the slow node's acknowledgement is waited for
    options.config.failure_timeout = std::chrono::seconds(5);
    const auto cluster = make_proc_cluster(options, make_ssh_place(*file, 1));
    const Result<> started = cluster->start();
    ASSERT_TRUE(started) << started.error().message;
    nemesis::Faults& faults = cluster->faults();
    ASSERT_TRUE(faults.supports(nemesis::FaultKind::link))
        << faults.why_unsupported(nemesis::FaultKind::link);
    pass(*cluster, std::chrono::milliseconds(900));  // peers find each other
    write_ms(*cluster, 1);
    const std::string stranger = "redis-cli -h " + hosts.address(0) + " -p 7001 GET k";
    EXPECT_EQ(run_shell(stranger + " | grep -q NOAUTH"), 0);
    EXPECT_EQ(run_shell("REDISCLI_AUTH=" + cluster->secret() + " " + stranger + " | grep -q v"), 0);

    nemesis::LinkQuality slow;
    slow.delay = std::chrono::milliseconds(300);
    faults.set_link(0, 2, slow);
    EXPECT_GE(write_ms(*cluster, 2), 300);
    faults.set_link(0, 2, {});
    pass(*cluster, std::chrono::milliseconds(400));
    EXPECT_LT(write_ms(*cluster, 3), 300);

    faults.set_disk(1, nemesis::DiskFault::slow_sync);  // by 200 ms
    EXPECT_GE(write_ms(*cluster, 4), 200);
    faults.set_disk(1, nemesis::DiskFault::none);

    faults.set_clock(1, std::chrono::seconds(100), 0);
    EXPECT_GE(cluster->clock_offset(1), std::chrono::seconds(100));
    std::optional<Result<node::StatusReply>> status;
    cluster->status(1, [&](Result<node::StatusReply> reply) { status = std::move(reply); });
    cluster->run([&] { return status.has_value(); });
    EXPECT_TRUE(*status);

    faults.power_loss(2);
    EXPECT_FALSE(faults.is_running(2));
    faults.restart(2);
    faults.pause(1);
    faults.resume(1);
    pass(*cluster, std::chrono::milliseconds(900));
    EXPECT_GT(cluster->clock_difference(), Duration(0));
    EXPECT_LT(cluster->clock_difference(), std::chrono::seconds(2));  // n2 is 100 s ahead: injected
    EXPECT_EQ(cluster->statistics().incidents, std::vector<std::string>{});
    EXPECT_EQ(cluster->statistics().failures, std::vector<std::string>{});
    cluster->stop();
    EXPECT_EQ(hosts.leftovers_in_the_end(), std::vector<std::string>{});
  });
}

TEST_F(SshTest, AHostThatIsLostIsAFailureAndTheOthersGoOn) {
  in_sandbox([this](const Sandbox&) {
    SshHosts hosts(2, folder_);
    const auto file = read_hosts_file(hosts.hosts_file());
    ASSERT_TRUE(file);
    ProcOptions options;
    options.nodes = 2;
    options.folder = folder_ / "run";
    options.config.n = options.config.w = options.config.r = 1;
    const auto cluster = make_proc_cluster(options, make_ssh_place(*file, 1));
    ASSERT_TRUE(cluster->start());
    hosts.lose(1);
    for (int i = 0; i < 100 && cluster->faults().is_running(1); ++i) {
      pass(*cluster, std::chrono::milliseconds(50));
    }
    EXPECT_FALSE(cluster->faults().is_running(1));
    EXPECT_TRUE(cluster->faults().is_running(0));
    const auto failures = cluster->statistics().failures;
    ASSERT_EQ(failures.size(), 1u);
    EXPECT_NE(failures[0].find("n2 ended by itself: the connection to its host has ended"),
              std::string::npos)
        << failures[0];
    EXPECT_TRUE(cluster->statistics().incidents.empty());
  });
}

}  // namespace
}  // namespace holdfast::harness
