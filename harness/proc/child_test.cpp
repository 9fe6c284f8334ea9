#include "harness/proc/child.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace holdfast::harness {
namespace {

using std::chrono::milliseconds;

class ChildTest : public testing::Test {
 protected:
  ChildTest() {
    char name[] = "/tmp/holdfast-child-XXXXXX";
    folder_ = ::mkdtemp(name);
    [[maybe_unused]] const int made = ::pipe2(lifeline_, O_CLOEXEC);
  }
  ~ChildTest() override {
    ::close(lifeline_[0]);
    ::close(lifeline_[1]);
    std::filesystem::remove_all(folder_);
  }

  ChildCommand shell(const std::string& script) const {
    return {"/bin/sh", {"-c", script}, folder_ + "/log", lifeline_[0]};
  }
  std::string log() const {
    std::stringstream text;
    text << std::ifstream(folder_ + "/log").rdbuf();
    return text.str();
  }

  boost::asio::io_context context_;
  std::string folder_;
  int lifeline_[2] = {-1, -1};
};

TEST_F(ChildTest, WritesToItsLogAndTellsItsExitCode) {
  Child child = Child::start(context_, shell("echo out; echo err >&2; exit 9")).value();
  EXPECT_EQ(child.wait(milliseconds(5000)), (ExitReason{false, 9}));
  EXPECT_EQ(log(), "out\nerr\n");
}

TEST_F(ChildTest, TellsASignalFromAnExitCode) {
  Child child = Child::start(context_, shell("kill -9 $$")).value();
  EXPECT_EQ(child.wait(milliseconds(5000)), (ExitReason{true, 9}));
  EXPECT_EQ(to_string(ExitReason{true, 9}), "signal 9 (Killed)");
}

TEST_F(ChildTest, AMissingProgramIsAnErrorThatNamesIt) {
  const auto child =
      Child::start(context_, {"/nowhere/holdfast-node", {}, folder_ + "/log", lifeline_[0]});
  ASSERT_TRUE(child.has_error());
  EXPECT_EQ(child.error().message,
            "cannot start /nowhere/holdfast-node: No such file or directory");
}

TEST_F(ChildTest, AnUnwritableLogIsAnErrorThatNamesIt) {
  ChildCommand command = shell("true");
  command.log_file = folder_ + "/missing/log";
  EXPECT_NE(Child::start(context_, command).error().message.find("missing/log"), std::string::npos);
}

TEST_F(ChildTest, InheritsOnlyTheStandardDescriptors) {
  const int inheritable = ::dup(0);  // without close-on-exec
  // Nothing here opens a descriptor of the shell's own.
  Child child = Child::start(context_, shell("i=0; while [ $i -lt 100 ]; do "
                                             "[ -e /proc/$$/fd/$i ] && echo $i; i=$((i+1)); done"))
                    .value();
  child.wait(milliseconds(5000));
  EXPECT_EQ(log(), "0\n1\n2\n");
  ::close(inheritable);
}

TEST_F(ChildTest, LeavesTheTerminalsProcessGroup) {
  Child child = Child::start(context_, shell("cat")).value();
  EXPECT_EQ(::getpgid(child.pid()), child.pid());
}

TEST_F(ChildTest, ReadsTheEndOfTheLifeline) {
  Child child = Child::start(context_, shell("cat; exit 3")).value();
  EXPECT_EQ(child.wait(milliseconds(50)), std::nullopt);
  ::close(lifeline_[1]);
  EXPECT_EQ(child.wait(milliseconds(5000)), (ExitReason{false, 3}));
}

TEST_F(ChildTest, DiesWithItsObject) {
  pid_t pid = -1;
  {
    Child child = Child::start(context_, shell("trap '' TERM; cat")).value();
    pid = child.pid();
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_NE(::kill(pid, 0), 0);
}

// The parent is killed; its child is somebody else's by then, so a pipe tells when it is gone.
TEST_F(ChildTest, DiesWithItsParentWhateverKillsIt) {
  int alive[2];
  ASSERT_EQ(::pipe(alive), 0);
  const pid_t parent = ::fork();
  if (parent == 0) {
    boost::asio::io_context context;
    // The grandchild's standard input is the write end: it closes when the grandchild is gone.
    ChildCommand command = shell("echo up; while true; do sleep 0.1; done");
    command.lifeline = alive[1];
    auto child = Child::start(context, command);
    ::pause();
    ::_exit(0);
  }
  ::close(alive[1]);
  while (log() != "up\n") ::usleep(1000);
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  char byte = 0;
  EXPECT_EQ(::read(alive[0], &byte, 1), 0);
  ::close(alive[0]);
}

}  // namespace
}  // namespace holdfast::harness
