#include "node/daemon/posix_disk.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "node/storage/store.h"

namespace holdfast::node {
namespace {

class PosixDiskTest : public testing::Test {
 protected:
  void SetUp() override {
    char path[] = "/tmp/holdfast_disk_XXXXXX";
    ASSERT_NE(::mkdtemp(path), nullptr);
    directory_ = path;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<PosixDisk> open() {
    auto disk = PosixDisk::open(directory_);
    EXPECT_TRUE(disk.has_value()) << disk.error().message;
    return std::move(*disk);
  }

  std::string directory_;
};

TEST_F(PosixDiskTest, KeepsWhatWasWritten) {
  DiskStatus status = DiskStatus::io_error;
  {
    auto disk = open();
    auto file = disk->open("f", true, status);
    ASSERT_EQ(status, DiskStatus::ok);
    EXPECT_EQ(file->write(10, "abc", 3), DiskStatus::ok);
    EXPECT_EQ(file->sync(), DiskStatus::ok);
    EXPECT_EQ(file->size(), 13u);
  }
  auto disk = open();
  auto file = disk->open("f", false, status);
  ASSERT_NE(file, nullptr);
  char bytes[20] = {};
  std::size_t got = 0;
  EXPECT_EQ(file->read(8, bytes, 20, got), DiskStatus::ok);
  EXPECT_EQ(std::string(bytes, got), std::string("\0\0abc", 5));
  EXPECT_EQ(file->truncate(2), DiskStatus::ok);
  EXPECT_EQ(file->size(), 2u);
  EXPECT_EQ(file->read(5, bytes, 20, got), DiskStatus::ok);
  EXPECT_EQ(got, 0u);
}

TEST_F(PosixDiskTest, NamesComeAndGo) {
  auto disk = open();
  DiskStatus status = DiskStatus::ok;
  EXPECT_EQ(disk->open("a", false, status), nullptr);
  EXPECT_EQ(status, DiskStatus::not_found);
  EXPECT_EQ(disk->remove("a"), DiskStatus::not_found);
  ASSERT_NE(disk->open("a", true, status), nullptr);
  ASSERT_NE(disk->open("b", true, status), nullptr);
  EXPECT_EQ(disk->rename("a", "b"), DiskStatus::ok);
  EXPECT_FALSE(disk->exists("a"));
  EXPECT_TRUE(disk->exists("b"));
  EXPECT_EQ(disk->remove("b"), DiskStatus::ok);
  EXPECT_FALSE(disk->exists("b"));
}

TEST_F(PosixDiskTest, IsForOneProcess) {
  auto disk = open();
  const auto second = PosixDisk::open(directory_);
  ASSERT_FALSE(second.has_value());
  EXPECT_NE(second.error().message.find("another process"), std::string::npos);
  disk.reset();
  EXPECT_TRUE(PosixDisk::open(directory_).has_value());
}

TEST_F(PosixDiskTest, ADirectoryThatCannotBeIsAnError) {
  const auto disk = PosixDisk::open("/proc/no/such/place");
  ASSERT_FALSE(disk.has_value());
  EXPECT_NE(disk.error().message.find("/proc/no/such/place"), std::string::npos);
}

// A file that only takes so much: every write fails with ENOSPC.
TEST_F(PosixDiskTest, AFullDeviceIsFull) {
  std::filesystem::create_symlink("/dev/full", directory_ + "/full");
  auto disk = open();
  DiskStatus status = DiskStatus::ok;
  auto file = disk->open("full", false, status);
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(file->write(0, "x", 1), DiskStatus::full);
}

TEST_F(PosixDiskTest, CarriesAStore) {
  OpenReport report;
  const Row row{{5, 0, 0, 1}, {1, 2}, false, "value"};
  {
    auto disk = open();
    auto store = Store::open(*disk, 1, report);
    ASSERT_TRUE(store.has_value()) << store.error().message;
    EXPECT_TRUE(report.created);
    (*store)->put(7, "key", row);
    EXPECT_EQ((*store)->commit(), StoreStatus::ok);
    EXPECT_EQ((*store)->sync(), StoreStatus::ok);
  }
  auto disk = open();
  auto store = Store::open(*disk, 2, report);
  ASSERT_TRUE(store.has_value()) << store.error().message;
  EXPECT_FALSE(report.created);
  EXPECT_EQ((*store)->incarnation(), 1u);
  EXPECT_EQ((*store)->get(7, "key"), row);
}

}  // namespace
}  // namespace holdfast::node
