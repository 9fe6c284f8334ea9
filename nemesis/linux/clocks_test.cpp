#include "nemesis/linux/clocks.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nemesis/linux/testing/in_sandbox.h"

namespace holdfast::nemesis {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

const ClockPage* map(int fd, int protection) {
  void* const mapped = ::mmap(nullptr, sizeof(ClockPage), protection, MAP_SHARED, fd, 0);
  return mapped == MAP_FAILED ? nullptr : static_cast<const ClockPage*>(mapped);
}

TEST(Clocks, AnotherProcessSeesTimePass) {
  Clocks clocks = Clocks::make().value();
  Word passed;
  Word seen;
  const pid_t pid = ::fork();
  if (pid == 0) {
    const ClockPage* const page = map(clocks.fd(), PROT_READ);
    const SteadyTime now{Duration(1'000'000'000'000)};
    if (page == nullptr || !page->is_valid()) ::_exit(1);
    const WallTime before = page->wall(4, now);
    seen.say("");
    passed.hear();
    ::_exit(page->wall(4, now) - before == hours(36) + seconds(5) ? 42 : 2);
  }
  seen.hear();
  clocks.pass(hours(36));
  clocks.set(4, seconds(5), 0);
  passed.say("");
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 42);
  EXPECT_EQ(clocks.offset(4), seconds(5));
  EXPECT_EQ(clocks.offset(3), seconds(0));
}

TEST(Clocks, ShowTheMachinesTime) {
  const Clocks clocks = Clocks::make().value();
  timespec steady{};
  timespec wall{};
  ::clock_gettime(CLOCK_MONOTONIC, &steady);
  ::clock_gettime(CLOCK_REALTIME, &wall);
  const SteadyTime now{seconds(steady.tv_sec) + Duration(steady.tv_nsec / 1000)};
  const auto shown = map(clocks.fd(), PROT_READ)->wall(0, now).time_since_epoch();
  const auto real = seconds(wall.tv_sec) + Duration(wall.tv_nsec / 1000);
  EXPECT_LT(std::abs((shown - real).count()), 1'000'000);
}

TEST(Clocks, NodesCannotWrite) {
  const Clocks clocks = Clocks::make().value();
  EXPECT_EQ(map(clocks.fd(), PROT_READ | PROT_WRITE), nullptr);
  EXPECT_NE(::ftruncate(clocks.fd(), 0), 0);
}

}  // namespace
}  // namespace holdfast::nemesis
