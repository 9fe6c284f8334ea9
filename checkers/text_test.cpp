#include "checkers/text.h"

#include <gtest/gtest.h>

namespace holdfast::checkers {
namespace {

TEST(Text, TimesAreInHoursAndMinutesWhereTheyHaveThem) {
  EXPECT_EQ(seconds_text(0), "0.000 s");
  EXPECT_EQ(seconds_text(8'004'999'999), "8.004 s");
  EXPECT_EQ(seconds_text(60'000'000'000), "1 min 0.000 s");
  EXPECT_EQ(seconds_text(25'800'250'000'000), "7 h 10 min 0.250 s");
  EXPECT_EQ(seconds_text(3'600'000'000'000), "1 h 0 min 0.000 s");
}

TEST(Text, LengthsBelowASecondAreInMilliseconds) {
  EXPECT_EQ(duration_text(150'833'000), "150.833 ms");
  EXPECT_EQ(duration_text(61'000'000'000), "1 min 1.000 s");
}

}  // namespace
}  // namespace holdfast::checkers
