#include "node/base/clock_page.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace holdfast {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr SteadyTime kStart{Duration(5'000'000)};
constexpr WallTime kWall{Duration(1'700'000'000'000'000)};

std::unique_ptr<ClockPage> started() {
  auto page = std::make_unique<ClockPage>();
  page->start({kStart, kWall});
  return page;
}

TEST(ClockPage, IsValidOnceStarted) {
  auto page = std::make_unique<ClockPage>();
  EXPECT_FALSE(page->is_valid());
  page->start({kStart, kWall});
  EXPECT_TRUE(page->is_valid());
}

TEST(ClockPage, WallGoesOnWithSteady) {
  const auto page = started();
  EXPECT_EQ(page->wall(3, kStart), kWall);
  EXPECT_EQ(page->wall(3, kStart + seconds(7)), kWall + seconds(7));
}

TEST(ClockPage, HoursPassForEveryNodeAtOnce) {
  const auto page = started();
  page->pass(hours(30));
  page->pass(hours(6));
  for (const NodeId node : {0, 1, 255}) {
    EXPECT_EQ(page->wall(node, kStart + seconds(1)), kWall + hours(36) + seconds(1));
  }
}

TEST(ClockPage, AnOffsetMovesOneNode) {
  const auto page = started();
  page->set(1, kStart, -seconds(90), 0);
  EXPECT_EQ(page->wall(1, kStart), kWall - seconds(90));
  EXPECT_EQ(page->wall(0, kStart), kWall);
  page->set(1, kStart + seconds(1), Duration(0), 0);
  EXPECT_EQ(page->wall(1, kStart + seconds(1)), kWall + seconds(1));
}

TEST(ClockPage, ADriftCountsFromItsSettingAndWhileHoursPass) {
  const auto page = started();
  page->set(2, kStart + seconds(10), seconds(1), 100);
  EXPECT_EQ(page->offset(2, kStart + seconds(10)), seconds(1));
  EXPECT_EQ(page->offset(2, kStart + seconds(20)), seconds(1) + Duration(1000));
  page->pass(hours(36));
  const Duration gained(hours(36).count() * 3600 * 100);
  EXPECT_EQ(page->offset(2, kStart + seconds(10)), seconds(1) + gained);
  page->set(2, kStart + seconds(20), Duration(0), -500'000);
  EXPECT_EQ(page->offset(2, kStart + seconds(30)), -seconds(5));
}

TEST(ClockPage, YearsOfDriftDoNotOverflow) {
  const auto page = started();
  page->set(0, kStart, Duration(0), 1'000'000);
  page->pass(hours(24 * 365 * 100));
  EXPECT_EQ(page->offset(0, kStart), hours(24 * 365 * 100));
}

// Each setting is told apart by offset = drift, which a torn read would break.
TEST(ClockPage, AReaderNeverSeesHalfASetting) {
  const auto page = started();
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (std::int32_t i = 1; !stop; i = i % 1000 + 1) {
      page->set(7, kStart, Duration(i), -i);
    }
  });
  // One million seconds later the drift has eaten 10^6 times the offset.
  const SteadyTime later = kStart + seconds(1'000'000);
  for (int i = 0; i < 200'000; ++i) {
    const std::int64_t seen = page->offset(7, later).count();
    ASSERT_EQ(seen % (1'000'000 - 1), 0) << seen;
  }
  stop = true;
  writer.join();
}

}  // namespace
}  // namespace holdfast
