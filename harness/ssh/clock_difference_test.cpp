#include "harness/ssh/clock_difference.h"

#include <gtest/gtest.h>

#include <vector>

namespace holdfast::harness {
namespace {

using std::chrono::milliseconds;

// A clock that is ahead, and questions and answers that take their time on the way.
struct Path {
  WallTime now{Duration(1'000'000'000)};
  Duration ahead{0};
  std::vector<std::pair<milliseconds, milliseconds>> delays;  // there and back, in turn
  std::size_t asked = 0;

  Result<ClockDifference> measure() {
    return measure_clock(
        [this]() -> Result<WallTime> {
          const auto [there, back] = delays[asked++ % delays.size()];
          now += there;
          const WallTime read = now + ahead;
          now += back;
          return read;
        },
        [this] { return now; });
  }
};

TEST(ClockDifference, IsWithinItsUncertaintyWhateverTheWayTakes) {
  for (const milliseconds ahead : {milliseconds(-90'000), milliseconds(0), milliseconds(250)}) {
    Path path;
    path.ahead = ahead;
    path.delays = {{milliseconds(40), milliseconds(1)},
                   {milliseconds(1), milliseconds(70)},
                   {milliseconds(9), milliseconds(3)}};
    const auto difference = path.measure();
    ASSERT_TRUE(difference);
    EXPECT_LE(difference->offset, ahead + difference->uncertainty);
    EXPECT_GE(difference->offset, ahead - difference->uncertainty);
    EXPECT_EQ(difference->uncertainty, milliseconds(6) + Duration(1));  // of the fastest
  }
}

TEST(ClockDifference, ReadsLikeAMeasurement) {
  EXPECT_EQ(to_string(ClockDifference{Duration(213), Duration(80)}), "+0.213 ms ± 0.080 ms");
  EXPECT_EQ(to_string(ClockDifference{Duration(-1'500'000), Duration(1)}),
            "-1500.000 ms ± 0.001 ms");
}

TEST(ClockDifference, TwoClocksAreApartByBothTheirErrors) {
  using namespace std::chrono_literals;
  EXPECT_EQ(largest_difference({}), 0us);
  EXPECT_EQ(largest_difference({7us}), 0us);
  EXPECT_EQ(largest_difference({1us, 40us, 2us, 300us}), 340us);
}

}  // namespace
}  // namespace holdfast::harness
