#include "node/storage/store.h"

#include <gtest/gtest.h>

#include "node/base/hash.h"
#include "node/storage/memory_disk.h"

namespace holdfast::node {
namespace {

TEST(Store, Basic) {
  MemoryDisk disk;
  OpenReport report;
  {
    auto store = Store::open(disk, 7, report);
    ASSERT_TRUE(store.has_value()) << store.error().message;
    ASSERT_TRUE(report.created);
    Row row{{100, 1, 2, 3}, {5, 6}, false, "hello"};
    (*store)->put(1, "a", row);
    EXPECT_EQ((*store)->add_hint(3, "a", row, Duration(5)), 1u);
    EXPECT_EQ((*store)->commit(), StoreStatus::ok) << (*store)->status_detail();
    EXPECT_EQ((*store)->get(1, "a"), row);
    EXPECT_TRUE((*store)->unsynced());
    EXPECT_EQ((*store)->sync(), StoreStatus::ok);
    EXPECT_FALSE((*store)->unsynced());
  }
  auto store = Store::open(disk, 8, report);
  ASSERT_TRUE(store.has_value()) << store.error().message;
  EXPECT_FALSE(report.created);
  EXPECT_FALSE(report.lost_corrupt_file) << report.detail;
  EXPECT_EQ((*store)->incarnation(), 7u);
  EXPECT_EQ((*store)->get(1, "a")->value, "hello");
  EXPECT_EQ((*store)->queues().at(3).count, 1u);
  EXPECT_EQ((*store)->hints(3, 0, 10, 1000).size(), 1u);
}

}  // namespace
}  // namespace holdfast::node
