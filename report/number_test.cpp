#include "report/number.h"

#include <gtest/gtest.h>

#include <limits>

namespace holdfast::report {
namespace {

TEST(Number, IsGroupedByThousands) {
  EXPECT_EQ(grouped(std::uint64_t{0}), "0");
  EXPECT_EQ(grouped(std::uint64_t{999}), "999");
  EXPECT_EQ(grouped(std::uint64_t{1000}), "1,000");
  EXPECT_EQ(grouped(std::uint64_t{1234567}), "1,234,567");
  EXPECT_EQ(grouped(std::int64_t{-1000}), "-1,000");
  EXPECT_EQ(grouped(std::numeric_limits<std::int64_t>::min()), "-9,223,372,036,854,775,808");
}

TEST(Number, DurationsTakeTheUnitThatFits) {
  EXPECT_EQ(duration(0), "0.000 s");
  EXPECT_EQ(duration(0.00025), "0.250 ms");
  EXPECT_EQ(duration(0.0314), "0.031 s");
  EXPECT_EQ(duration(12.34), "12.3 s");
  EXPECT_EQ(duration(245), "4 min 05 s");
  EXPECT_EQ(duration(129600), "36 h 00 min");
}

TEST(Number, BytesTakeTheUnitThatFits) {
  EXPECT_EQ(bytes(1023), "1023 bytes");
  EXPECT_EQ(bytes(1536), "1.5 KiB");
  EXPECT_EQ(bytes(std::uint64_t{3} << 30), "3.0 GiB");
}

}  // namespace
}  // namespace holdfast::report
