#include "node/daemon/incarnation.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace holdfast::node {
namespace {

TEST(Incarnation, Grows) {
  char path[] = "/tmp/holdfast_incarnation_XXXXXX";
  const std::string directory = ::mkdtemp(path);
  const WallTime now(std::chrono::seconds(1'800'000'000));
  const auto first = next_incarnation(directory, now);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(*first, (1'800'000'000u - 1'704'067'200u) * 4);
  // At the same moment; after the clock went back; after it went on; on a new disk.
  EXPECT_EQ(*next_incarnation(directory, now), *first + 1);
  EXPECT_EQ(*next_incarnation(directory, now - std::chrono::hours(1)), *first + 2);
  EXPECT_EQ(*next_incarnation(directory, now + std::chrono::seconds(10)), *first + 40);
  std::filesystem::remove(directory + "/incarnation");
  EXPECT_EQ(*next_incarnation(directory, now + std::chrono::seconds(11)), *first + 44);
  std::ofstream(directory + "/incarnation") << "garbage";
  EXPECT_EQ(*next_incarnation(directory, now + std::chrono::seconds(12)), *first + 48);
  std::filesystem::remove_all(directory);
  EXPECT_FALSE(next_incarnation(directory, now).has_value());
}

}  // namespace
}  // namespace holdfast::node
