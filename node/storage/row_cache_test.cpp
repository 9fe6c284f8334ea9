#include "node/storage/row_cache.h"

#include <gtest/gtest.h>

#include "node/base/random.h"

namespace holdfast::node {
namespace {

TEST(RowCacheTest, KeepsWhatIsUsedAndNoMoreThanItMay) {
  constexpr std::size_t kBytes = 100000;
  RowCache cache(kBytes);
  Row row;
  row.value.assign(100, 'x');
  const auto keep = [&](int number) {
    cache.keep(mix64(number), "k" + std::to_string(number), row, 1);
  };
  const auto is_kept = [&cache](int number) {
    return cache.find(mix64(number), "k" + std::to_string(number)) != nullptr;
  };
  keep(0);
  for (int i = 1; i < 10000; ++i) {
    keep(i);
    ASSERT_TRUE(is_kept(0)) << "used all the time, after " << i;
  }
  int kept = 0;
  for (int i = 0; i < 10000; ++i) kept += is_kept(i);
  EXPECT_GT(kept, 200);
  EXPECT_LT(kept, static_cast<int>(kBytes / 100));
}

}  // namespace
}  // namespace holdfast::node
