#include "node/core/settings.h"

#include <gtest/gtest.h>

#include <set>

namespace holdfast::node {
namespace {

TEST(Settings, EveryDefaultIsAcceptedAsItself) {
  const Config defaults;
  std::set<std::string_view> names;
  for (const Setting& setting : all_settings()) {
    EXPECT_TRUE(names.insert(setting.name).second) << setting.name;
    EXPECT_FALSE(setting.help.empty());
    Config config;
    const std::string text = setting.get(defaults);
    const auto result = set(config, setting.name, text);
    ASSERT_TRUE(result.has_value()) << setting.name << " = " << text;
    EXPECT_EQ(setting.get(config), text);
  }
  EXPECT_TRUE(validate(defaults, 5).has_value());
}

TEST(Settings, ErrorsSayWhatWasExpected) {
  Config config;
  EXPECT_EQ(set(config, "quorum", "loose").error().message,
            "quorum: expected strict | sloppy | any, got \"loose\"");
  EXPECT_EQ(set(config, "hint_window_ms", "3h").error().message,
            "hint_window_ms: expected milliseconds, at least 0, got \"3h\"");
  EXPECT_EQ(set(config, "hint_windw_ms", "3").error().message,
            "there is no setting \"hint_windw_ms\"");
}

TEST(Settings, ValuesOfLaterVersionsAreRefusedAsSuch) {
  Config config;
  for (const auto& [name, value] : {std::pair{"hint_holder", "proximity"},
                                    {"conflict", "siblings"},
                                    {"quorum", "each_quorum"},
                                    {"tombstone_gc", "confirmed"},
                                    {"hint_copies", "2"},
                                    {"handoff_order", "hot_first"},
                                    {"hint_durability", "ram"},
                                    {"failure_detector", "phi"},
                                    {"membership", "dynamic"}}) {
    const auto result = set(config, name, value);
    ASSERT_FALSE(result.has_value()) << name;
    EXPECT_NE(result.error().message.find("not implemented in this version"), std::string::npos)
        << result.error().message;
  }
}

TEST(Settings, ContradictionsAreRefused) {
  const auto refused = [](std::string_view name, std::string_view value, std::uint16_t members) {
    Config config;
    EXPECT_TRUE(set(config, name, value).has_value());
    return !validate(config, members).has_value();
  };
  EXPECT_TRUE(refused("w", "4", 5));
  EXPECT_TRUE(refused("r", "4", 5));
  EXPECT_TRUE(refused("pw", "3", 5)) << "W is 2";
  EXPECT_TRUE(refused("n", "6", 5));
  EXPECT_TRUE(refused("failure_timeout_ms", "1000", 5));
  EXPECT_TRUE(refused("merkle_leaves", "100", 5));
  EXPECT_FALSE(refused("w", "3", 5));
}

TEST(Settings, BugsAreNamed) {
  Config config;
  EXPECT_TRUE(set(config, "bugs", "ack_before_sync,merkle_misses_range").has_value());
  EXPECT_TRUE(config.has(Bug::ack_before_sync));
  EXPECT_TRUE(config.has(Bug::merkle_misses_range));
  EXPECT_FALSE(config.has(Bug::delete_hint_before_ack));
  EXPECT_FALSE(set(config, "bugs", "no_such_bug").has_value());
}

}  // namespace
}  // namespace holdfast::node
