#include "harness/proc/timers.h"

#include <gtest/gtest.h>

namespace holdfast::harness {
namespace {

TEST(Timers, RunInOrderOfTimeThenOfArrival) {
  Timers timers;
  std::vector<int> ran;
  timers.add(20, [&] { ran.push_back(3); });
  timers.add(10, [&] { ran.push_back(1); });
  timers.add(10, [&] { ran.push_back(2); });
  EXPECT_EQ(timers.next_ns(), 10);
  EXPECT_FALSE(timers.run_one(9));
  while (timers.run_one(20)) {
  }
  EXPECT_EQ(ran, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(timers.next_ns(), std::nullopt);
}

TEST(Timers, AnActionMayAddTimers) {
  Timers timers;
  int runs = 0;
  std::function<void()> again = [&] {
    if (++runs < 100) timers.add(runs, again);
  };
  timers.add(0, again);
  while (timers.run_one(1000)) {
  }
  EXPECT_EQ(runs, 100);
}

}  // namespace
}  // namespace holdfast::harness
