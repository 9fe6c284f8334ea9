#include "node/core/clock.h"

#include <gtest/gtest.h>

#include "node/storage/memory_disk.h"

namespace holdfast::node {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

WallTime at(int second) { return WallTime(std::chrono::hours(1)) + seconds(second); }

class ClockTest : public testing::Test {
 protected:
  void SetUp() override { open(); }
  void open() {
    store.reset();
    OpenReport report;
    store = std::move(*Store::open(disk, 1, report));
  }

  MemoryDisk disk;
  std::unique_ptr<Store> store;
};

TEST_F(ClockTest, VersionsRiseWhateverTheWallClockDoes) {
  HybridClock clock(*store, 0, 1, at(10));
  Version last;
  for (const int second : {10, 10, 11, 5, 5, 12, 0}) {
    const Version next = clock.next(at(second));
    EXPECT_GT(next, last);
    last = next;
  }
}

TEST_F(ClockTest, NothingSeenIsEverAbove) {
  HybridClock clock(*store, 0, 1, at(10));
  const Version seen{to_us(at(100)), 7, 9, 3};
  clock.observe(seen);
  EXPECT_GT(clock.next(at(10)), seen);
  clock.observe_clock(to_us(at(200)));
  EXPECT_GT(clock.next(at(10)).clock_us, seen.clock_us);
}

TEST_F(ClockTest, RestartResumesAboveEverythingGivenAndWaitsForTheWallClock) {
  Version last;
  {
    HybridClock clock(*store, 0, 1, at(10));
    last = clock.next(at(10));
    EXPECT_TRUE(clock.take_raised());
    EXPECT_FALSE(clock.take_raised());
    last = clock.next(at(10));
    EXPECT_FALSE(clock.take_raised()) << "still below the ceiling";
  }
  ASSERT_EQ(store->commit(), StoreStatus::ok);
  open();
  HybridClock clock(*store, 0, 2, at(10));
  EXPECT_FALSE(clock.ready(at(10)));
  EXPECT_TRUE(clock.ready(at(10) + HybridClock::kCeilingStep));
  EXPECT_GT(clock.next(at(10)), last);
}

// Peers take over what a heartbeat announces. The ceiling of a node that restarted lies ahead of
// everybody's wall clock, and writes through nodes that had not heard of it were discarded.
TEST_F(ClockTest, CeilingIsNotAnnounced) {
  {
    HybridClock clock(*store, 0, 1, at(10));
    clock.next(at(10));
  }
  ASSERT_EQ(store->commit(), StoreStatus::ok);
  open();
  const HybridClock clock(*store, 0, 2, at(10));
  EXPECT_LE(clock.highest_us(), to_us(at(10)));
}

// Found by `holdfast campaign random`, seed 10100: the wall clock was set back while a start
// waited, which then refused its clients until it had caught up.
TEST_F(ClockTest, WallClockThatIsSetBackMeanwhileIsNotWaitedFor) {
  {
    HybridClock clock(*store, 0, 1, at(1000));
    clock.next(at(1000));
  }
  ASSERT_EQ(store->commit(), StoreStatus::ok);
  open();
  const HybridClock clock(*store, 0, 2, at(1000));
  EXPECT_FALSE(clock.ready(at(1000)));
  EXPECT_TRUE(clock.ready(at(900)));
}

TEST_F(ClockTest, WallClockThatWasSetBackIsNotWaitedFor) {
  {
    HybridClock clock(*store, 0, 1, at(1000));
    clock.next(at(1000));
  }
  ASSERT_EQ(store->commit(), StoreStatus::ok);
  open();
  HybridClock clock(*store, 0, 2, at(10));
  EXPECT_TRUE(clock.ready(at(10)));
  EXPECT_GT(clock.next(at(10)).clock_us, to_us(at(1000)));
}

}  // namespace
}  // namespace holdfast::node
