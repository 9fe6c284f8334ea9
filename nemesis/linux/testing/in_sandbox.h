// Runs a piece of a test in a sandbox, in a process of its own, and tells whether it left anything.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "nemesis/linux/sandbox.h"

namespace holdfast::nemesis {

inline constexpr int kNoSandbox = 77;

// The network namespace of a process, as a number; 0 if there is no such process.
inline ino_t network_of(const std::string& pid) {
  struct stat status {};
  return ::stat(("/proc/" + pid + "/ns/net").c_str(), &status) == 0 ? status.st_ino : 0;
}

inline std::string text_of(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// What a test could leave on the machine, in words that compare.
inline std::string machine_state() {
  std::string state = text_of("/proc/self/mountinfo") + "\nlinks:";
  struct if_nameindex* links = ::if_nameindex();
  for (auto* link = links; link != nullptr && link->if_name != nullptr; ++link) {
    state += std::string(" ") + link->if_name;
  }
  ::if_freenameindex(links);
  return state + "\n" + text_of("/proc/net/route") + text_of("/proc/net/ip_tables_names");
}

// Pids of the processes that are in the network namespace, zombies left out.
inline std::vector<std::string> processes_in(ino_t network) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string pid = entry.path().filename().string();
    if (std::isdigit(static_cast<unsigned char>(pid[0])) && network_of(pid) == network) {
      found.push_back(pid);
    }
  }
  return found;
}

// What a sandboxed process writes here arrives at the test: one line.
class Word {
 public:
  Word() { [[maybe_unused]] const int made = ::pipe2(fds_.data(), O_CLOEXEC); }
  ~Word() {
    ::close(fds_[0]);
    close_mine();
  }
  // So that hear() ends once every other process that could say something is gone.
  void close_mine() {
    if (fds_[1] >= 0) ::close(fds_[1]);
    fds_[1] = -1;
  }
  void say(const std::string& text) const {
    [[maybe_unused]] const auto written = ::write(fds_[1], (text + "\n").data(), text.size() + 1);
  }
  std::string hear() const {
    std::string text;
    for (char byte = 0; ::read(fds_[0], &byte, 1) == 1 && byte != '\n';) text += byte;
    return text;
  }

 private:
  std::array<int, 2> fds_{-1, -1};
};

// Starts `action(sandbox)` in a sandbox; its process exits with the number that it returns. The
// pid returned is the outermost process's. First words said: the network's number, or "0 why not".
template <class Action>
pid_t start_in_sandbox(const Word& word, const Action& action) {
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  const auto sandbox = enter_sandbox();
  if (!sandbox) {
    word.say("0 " + sandbox.error().message);
    ::_exit(kNoSandbox);
  }
  word.say(std::to_string(network_of("self")));
  const int code = action(sandbox.value());
  std::fflush(nullptr);
  ::_exit(code);
}

// Runs `action(sandbox)`, whose failed expectations become this test's, and checks that nothing
// remains. Skips the test where the machine allows no sandbox.
template <class Action>
void in_sandbox(const Action& action) {
  const std::string before = machine_state();
  const Word word;
  const pid_t pid = start_in_sandbox(word, [&](const Sandbox& sandbox) {
    action(sandbox);
    return testing::Test::HasFailure() ? 1 : 0;
  });
  const std::string said = word.hear();
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  if (said.starts_with("0 ")) GTEST_SKIP() << said.substr(2);
  EXPECT_EQ(status, 0) << "in the sandbox";
  EXPECT_EQ(processes_in(std::stoul(said)), std::vector<std::string>{});
  EXPECT_EQ(machine_state(), before);
}

}  // namespace holdfast::nemesis
