// Hosts for tests: in the sandbox's network namespaces, each with an OpenSSH server of its own, a
// home folder of its own, and none of the shared libraries that a fresh machine lacks. Nothing of
// this machine's configuration is used or changed.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <net/if.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "nemesis/linux/network.h"
#include "nemesis/linux/nftables.h"
#include "nemesis/linux/testing/in_sandbox.h"

namespace holdfast::harness {

inline int run_shell(const std::string& command) {
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// How a host differs from a plain one.
struct TestHost {
  bool lacks_privileges = false;  // no CAP_NET_ADMIN, for root neither
  std::string set_env;            // a line of sshd_config: "PATH=…"
  bool has_admin = false;         // a user "admin" besides root, whom sudo asks for no password
};

class SshHosts {
 public:
  SshHosts(std::uint16_t count, const std::filesystem::path& folder,
           const std::vector<TestHost>& hosts = {})
      : folder_(folder), network_(make_network(count)) {
    // sshd wants its folder below /run: a private one.
    EXPECT_EQ(::mount("tmpfs", "/run", "tmpfs", 0, "size=1m"), 0);
    std::filesystem::create_directories("/run/sshd");
    for (const char* key : {"host_key", "client_key", "other_key"}) {
      EXPECT_EQ(run_shell("ssh-keygen -q -t ed25519 -N '' -C '' -f " + (folder_ / key).string()),
                0);
    }
    // Read with the rights of who logs in.
    std::filesystem::copy_file(folder_ / "client_key.pub", "/run/authorized_keys");
    write_known_hosts("host_key");
    std::ofstream(folder_ / "ssh_config")
        << "Host *\n  User " << ::getpwuid(0)->pw_name << "\n  IdentityFile "
        << (folder_ / "client_key").string() << "\n  IdentitiesOnly yes\n  UserKnownHostsFile "
        << (folder_ / "known_hosts").string()
        << "\n  GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n";
    write_hosts_file("");
    for (NodeId node = 0; node < count; ++node) {
      start(node, node < hosts.size() ? hosts[node] : TestHost());
    }
    for (NodeId node = 0; node < count; ++node) await(node);
  }
  ~SshHosts() {
    for (const pid_t pid : servers_) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
  }

  // Ends the connections to a host: what serves them is killed.
  void lose(NodeId node) const {
    const auto network = nemesis::network_of(std::to_string(servers_[node]));
    for (const std::string& pid : nemesis::processes_in(network)) {
      if (pid != std::to_string(servers_[node]) &&
          nemesis::text_of("/proc/" + pid + "/cmdline").starts_with("sshd:")) {
        ::kill(std::stoi(pid), SIGKILL);
      }
    }
  }

  std::filesystem::path hosts_file() const { return folder_ / "hosts.json"; }
  std::string address(NodeId node) const { return network_.address(node); }
  // A file of the host's own home folder, as this process sees it.
  std::filesystem::path home(NodeId node, const std::string& user = "") const {
    const std::string folder = user.empty() ? ::getpwuid(0)->pw_dir : "/home/" + user;
    return "/proc/" + std::to_string(servers_[node]) + "/root" + folder;
  }

  // `more` goes into the first host's entry: "\"port\": 24"; `first` is its address, if not true.
  void write_hosts_file(const std::string& more, std::string first = "") const {
    if (first.empty()) first = address(0);
    std::ofstream out(hosts_file());
    out << "{\"ssh_config\": \"ssh_config\", \"hosts\": [";
    for (NodeId node = 0; node < network_.size(); ++node) {
      out << (node == 0 ? "\n" : ",\n") << "  {\"host\": \"" << (node == 0 ? first : address(node))
          << "\"";
      if (node == 0 && !more.empty()) out << ", " << more;
      out << "}";
    }
    out << "\n]}\n";
  }
  void write_known_hosts(const std::string& key) const {
    const std::string text = nemesis::text_of((folder_ / (key + ".pub")).string());
    std::ofstream out(folder_ / "known_hosts");
    for (NodeId node = 0; node < network_.size(); ++node) out << address(node) << " " << text;
  }

  // What stands on a host that a run should not leave there: processes but the server, rules,
  // devices, files but the programs that were copied.
  std::vector<std::string> leftovers(NodeId node) const {
    std::vector<std::string> found;
    const auto network = nemesis::network_of(std::to_string(servers_[node]));
    for (const std::string& pid : nemesis::processes_in(network)) {
      const std::string line = nemesis::text_of("/proc/" + pid + "/cmdline");
      if (pid != std::to_string(servers_[node]) && !line.empty()) found.push_back(pid + " " + line);
    }
    network_.node_namespace(node).inside([&] {
      const auto nftables = nemesis::Nftables::open();
      const auto tables = nftables->run(nlohmann::json::parse(R"([{"list": {"tables": null}}])"));
      for (const auto& object : *tables) {
        if (object.contains("table")) found.push_back(object.dump());
      }
      struct if_nameindex* links = ::if_nameindex();
      for (auto* link = links; link->if_name != nullptr; ++link) {
        if (std::string(link->if_name).starts_with("holdfast")) found.push_back(link->if_name);
      }
      ::if_freenameindex(links);
    });
    for (const std::string user : {"", "admin"}) {
      const auto cache = home(node, user) / ".cache/holdfast";
      if (!std::filesystem::exists(cache)) continue;
      for (const auto& entry : std::filesystem::directory_iterator(cache)) {
        const std::string name = entry.path().filename();
        if (name != "files" && name != "in-use" && !name.starts_with("bundle-")) {
          found.push_back(entry.path());
        }
      }
    }
    return found;
  }
  // Of all hosts, once the agents have had time to end.
  std::vector<std::string> leftovers_in_the_end() const {
    std::vector<std::string> found;
    for (int waited = 0; waited < 1000; ++waited) {
      found.clear();
      for (NodeId node = 0; node < network_.size(); ++node) {
        for (const std::string& what : leftovers(node)) {
          found.push_back(node_name(node) + ": " + what);
        }
      }
      if (found.empty()) break;
      ::usleep(10'000);
    }
    return found;
  }

 private:
  static nemesis::Network make_network(std::uint16_t count) {
    auto network = nemesis::Network::make(count);
    EXPECT_TRUE(network) << network.error().message;
    return std::move(network.value());
  }

  void start(NodeId node, const TestHost& host) {
    const auto config = folder_ / ("sshd_config_" + node_name(node));
    std::ofstream(config) << "Port 22\nListenAddress " << address(node) << "\nHostKey "
                          << (folder_ / "host_key").string() << "\nAuthorizedKeysFile "
                          << "/run/authorized_keys"
                          << "\nStrictModes no\nUsePAM no\nPidFile none\n"
                             "PermitRootLogin prohibit-password\nPasswordAuthentication no\n"
                             "KbdInteractiveAuthentication no\nLogLevel ERROR\n"
                          << (host.set_env.empty() ? "" : "SetEnv " + host.set_env + "\n");
    const std::string log = (folder_ / ("sshd_" + node_name(node) + ".log")).string();
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (!network_.node_namespace(node).enter() || ::unshare(CLONE_NEWNS) != 0 ||
          ::mount("tmpfs", ::getpwuid(0)->pw_dir, "tmpfs", 0, nullptr) != 0) {
        ::_exit(126);
      }
      hide_libraries();
      if (host.has_admin && !make_admin()) ::_exit(125);
      if (host.lacks_privileges) {
        ::prctl(PR_CAPBSET_DROP, CAP_NET_ADMIN, 0, 0, 0);
        ::prctl(PR_CAPBSET_DROP, CAP_NET_RAW, 0, 0, 0);
      }
      ::execl("/usr/sbin/sshd", "/usr/sbin/sshd", "-D", "-f", config.c_str(), "-E", log.c_str(),
              nullptr);
      ::_exit(127);
    }
    servers_.push_back(pid);
  }

  // In this process's mounts only.
  bool make_admin() const {
    constexpr uid_t kAdmin = 4711;
    const auto passwd = folder_ / "passwd";
    const auto sudoers = folder_ / "sudoers";
    std::ofstream(passwd) << nemesis::text_of("/etc/passwd") << "admin:*:" << kAdmin << ":"
                          << kAdmin << "::/home/admin:/bin/sh\n";
    std::ofstream(sudoers) << "admin ALL=(ALL) NOPASSWD: ALL\n";
    return ::chmod(sudoers.c_str(), 0440) == 0 &&
           ::mount(passwd.c_str(), "/etc/passwd", nullptr, MS_BIND, nullptr) == 0 &&
           ::mount(sudoers.c_str(), "/etc/sudoers", nullptr, MS_BIND, nullptr) == 0 &&
           ::mount("tmpfs", "/home", "tmpfs", 0, nullptr) == 0 &&
           ::mkdir("/home/admin", 0755) == 0 && ::chown("/home/admin", kAdmin, kAdmin) == 0;
  }

  // Those that the programs need and that a plain Debian has not.
  static void hide_libraries() {
    for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/x86_64-linux-gnu")) {
      const std::string name = entry.path().filename();
      for (const char* hidden : {"libprotobuf.so", "libnftables.so", "libnl-", "libfmt.so",
                                 "libspdlog.so", "libsimdjson.so", "libxxhash.so"}) {
        if (name.starts_with(hidden) && !entry.is_symlink()) {
          ::mount("/dev/null", entry.path().c_str(), nullptr, MS_BIND, nullptr);
        }
      }
    }
  }

  // Until it listens.
  void await(NodeId node) const {
    for (int tried = 0; tried < 500; ++tried) {
      const std::string probe = "ssh-keyscan -T 1 -t ed25519 " + address(node);
      if (run_shell(probe + " 2>/dev/null | grep -q ssh-ed25519") == 0) return;
      ::usleep(10'000);
    }
    ADD_FAILURE() << "sshd does not listen on " << address(node) << ": "
                  << nemesis::text_of((folder_ / ("sshd_" + node_name(node) + ".log")).string());
  }

  std::filesystem::path folder_;
  nemesis::Network network_;
  std::vector<pid_t> servers_;
};

}  // namespace holdfast::harness
