#include "harness/cli/seed.h"

#include <gtest/gtest.h>

namespace holdfast::harness {
namespace {

TEST(Seed, IsANumber) {
  EXPECT_EQ(parse_seed("0").value(), 0u);
  EXPECT_EQ(parse_seed("1234567").value(), 1234567u);
  EXPECT_EQ(parse_seed("18446744073709551615").value(), ~std::uint64_t{0});
  EXPECT_EQ(parse_seed("0xff").value(), 255u);
}

TEST(Seed, IsAGitHash) {
  EXPECT_EQ(parse_seed("db32e34").value(), 0xdb32e34u);
  EXPECT_EQ(parse_seed("5deb922f00000000ffffffffffffffffffffffff").value(), 0x5deb922f00000000u);
}

TEST(Seed, IsNothingElse) {
  for (const char* text : {"", "-1", "1.5", "seven", "abc", "0x", "18446744073709551616x",
                           "18446744073709551616", "99999999999999999999999", " 1"}) {
    EXPECT_TRUE(parse_seed(text).has_error()) << text;
  }
}

}  // namespace
}  // namespace holdfast::harness
