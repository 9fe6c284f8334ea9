#include "node/base/spelling.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

const std::vector<std::string_view> kNames = {
    "kill", "power-loss", "pause", "outage-36h", "outage-short", "hint_window_ms", "w"};

TEST(Spelling, ANearNameIsSuggested) {
  for (const auto& [misspelt, meant] :
       std::vector<std::pair<const char*, const char*>>{{"kil", "kill"},
                                                        {"iklls", ""},  // three edits
                                                        {"klil", "kill"},
                                                        {"puase", "pause"},
                                                        {"power_los", "power-loss"},
                                                        {"hint_windw_ms", "hint_window_ms"},
                                                        {"hint_winodw_m", "hint_window_ms"},
                                                        {"wb", "w"},
                                                        {"x", ""},
                                                        {"", ""}}) {
    const std::string expected =
        *meant == '\0' ? "" : "did you mean \"" + std::string(meant) + "\"?";
    EXPECT_EQ(did_you_mean(misspelt, kNames), expected) << misspelt;
  }
}

TEST(Spelling, ABeginningSuggestsAllThatBeginSo) {
  EXPECT_EQ(did_you_mean("outage", kNames), "did you mean \"outage-36h\" or \"outage-short\"?");
}

TEST(Spelling, WithNothingNearAllNamesAreListed) {
  EXPECT_EQ(known_names("explode", {"kill", "pause"}), "there are kill, pause");
  EXPECT_EQ(known_names("kil", {"kill", "pause"}), "did you mean \"kill\"?");
  EXPECT_EQ(known_names("down", {"up"}), "there is only up");
}

TEST(Spelling, LongTextIsNoMisspeltName) {
  EXPECT_EQ(did_you_mean(std::string(1'000'000, 'k'), {"kill"}), "");
}

}  // namespace
}  // namespace holdfast
