#include "workloads/value.h"

#include <gtest/gtest.h>

namespace holdfast::workloads {
namespace {

TEST(Value, ComesBackAtEverySize) {
  for (std::int64_t number : {std::int64_t{0}, std::int64_t{7}, std::int64_t{1'670'000},
                              std::numeric_limits<std::int64_t>::max()}) {
    for (std::size_t bytes : {0, 1, 9, 10, 11, 100, 4096}) {
      const std::string text = encode_value(number, bytes);
      EXPECT_GE(text.size(), bytes);
      EXPECT_EQ(decode_value(text), number) << text;
    }
  }
  EXPECT_EQ(encode_value(42, 100).size(), 100U);
}

TEST(Value, DamageIsRecognised) {
  const std::string text = encode_value(1234, 64);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string damaged = text;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_FALSE(decode_value(damaged)) << i;
    EXPECT_FALSE(decode_value(text.substr(0, i))) << "cut at " << i;
  }
  EXPECT_FALSE(decode_value(text + "x"));
}

TEST(Value, ForeignTextIsNone) {
  for (const char* text : {"", ".", "12", "12.", "-1.abcdefgh", "01.abcdefgh", "hello world",
                           "99999999999999999999999.abcdefgh"}) {
    EXPECT_FALSE(decode_value(text)) << text;
  }
}

TEST(Value, KeysHaveShortNames) {
  std::string name;
  key_name(0, name);
  EXPECT_EQ(name, "k0");
  key_name(1'000'000, name);
  EXPECT_EQ(name, "k1000000");
}

}  // namespace
}  // namespace holdfast::workloads
