#include "harness/proc/cut_watch.h"

#include <gtest/gtest.h>

namespace holdfast::harness {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TEST(CutWatch, TellsACutThatDroppedNothing) {
  CutWatch watch(std::chrono::seconds(2));
  watch.begin(0, 1, 0, 7);
  const auto wrong = watch.end(0, 1, 3 * kSecond, 7);
  ASSERT_TRUE(wrong.has_value());
  EXPECT_NE(wrong->find("from n1 to n2 was cut for 3000 ms"), std::string::npos) << *wrong;
  EXPECT_FALSE(watch.is_cut(0, 1));
}

TEST(CutWatch, IsContentWithOneDroppedPacket) {
  CutWatch watch(std::chrono::seconds(2));
  watch.begin(0, 1, 0, 7);
  EXPECT_FALSE(watch.end(0, 1, 3 * kSecond, 8).has_value());
}

TEST(CutWatch, ExpectsNothingOfShortCutsAndOfDeadNodes) {
  CutWatch watch(std::chrono::seconds(2));
  watch.begin(0, 1, 0, 0);
  EXPECT_FALSE(watch.end(0, 1, kSecond, 0).has_value());
  watch.begin(0, 1, 0, 0);
  watch.begin(2, 3, 0, 0);
  watch.disturb(1);
  EXPECT_FALSE(watch.end(0, 1, 9 * kSecond, 0).has_value());
  EXPECT_TRUE(watch.end(2, 3, 9 * kSecond, 0).has_value());
}

TEST(CutWatch, CountsASecondCutOfTheSameDirectionAsTheFirst) {
  CutWatch watch(std::chrono::seconds(2));
  watch.begin(0, 1, 0, 0);
  watch.begin(0, 1, 2 * kSecond, 0);
  EXPECT_TRUE(watch.end(0, 1, 3 * kSecond, 0).has_value());
  EXPECT_FALSE(watch.end(0, 1, 9 * kSecond, 0).has_value()) << "it is whole already";
}

}  // namespace
}  // namespace holdfast::harness
