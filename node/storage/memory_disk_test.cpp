#include "node/storage/memory_disk.h"

#include <gtest/gtest.h>

#include <set>

namespace holdfast::node {
namespace {

std::unique_ptr<File> open(MemoryDisk& disk, std::string_view name) {
  DiskStatus status = DiskStatus::ok;
  auto file = disk.open(name, true, status);
  EXPECT_EQ(status, DiskStatus::ok);
  return file;
}

TEST(MemoryDisk, ReadsWhatWasWritten) {
  MemoryDisk disk;
  const auto file = open(disk, "f");
  EXPECT_EQ(file->write(5, "abc", 3), DiskStatus::ok);
  EXPECT_EQ(file->size(), 8u);
  char bytes[10];
  std::size_t got = 0;
  EXPECT_EQ(file->read(3, bytes, 10, got), DiskStatus::ok);
  EXPECT_EQ(std::string(bytes, got), std::string("\0\0abc", 5));
  EXPECT_EQ(file->read(8, bytes, 10, got), DiskStatus::ok);
  EXPECT_EQ(got, 0u);
  EXPECT_EQ(file->truncate(6), DiskStatus::ok);
  EXPECT_EQ(disk.bytes("f"), std::string("\0\0\0\0\0a", 6));
}

TEST(MemoryDisk, OpensRemovesAndRenames) {
  MemoryDisk disk;
  DiskStatus status = DiskStatus::ok;
  EXPECT_EQ(disk.open("f", false, status), nullptr);
  EXPECT_EQ(status, DiskStatus::not_found);
  EXPECT_EQ(open(disk, "f")->write(0, "new", 3), DiskStatus::ok);
  EXPECT_EQ(open(disk, "g")->write(0, "old", 3), DiskStatus::ok);
  EXPECT_EQ(disk.rename("f", "g"), DiskStatus::ok);
  EXPECT_FALSE(disk.exists("f"));
  EXPECT_EQ(disk.bytes("g"), "new");
  EXPECT_EQ(disk.rename("f", "g"), DiskStatus::not_found);
  EXPECT_EQ(disk.remove("g"), DiskStatus::ok);
  EXPECT_EQ(disk.remove("g"), DiskStatus::not_found);
}

TEST(MemoryDisk, PowerLossKeepsWhatWasSynced) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    MemoryDisk disk;
    const auto file = open(disk, "f");
    const std::string old(10000, 'o');
    EXPECT_EQ(file->write(0, old.data(), old.size()), DiskStatus::ok);
    EXPECT_EQ(file->sync(), DiskStatus::ok);
    EXPECT_EQ(file->write(4096, "new", 3), DiskStatus::ok);
    Random random(seed);
    disk.power_loss(random);
    const std::string& bytes = disk.bytes("f");
    ASSERT_EQ(bytes.size(), old.size());
    EXPECT_EQ(bytes.substr(0, 4096), old.substr(0, 4096));
    EXPECT_EQ(bytes.substr(4099), old.substr(4099));
  }
}

TEST(MemoryDisk, PowerLossKeepsLosesAndTearsPages) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    MemoryDisk disk;
    const auto file = open(disk, "f");
    const std::string old(8192, 'o');
    const std::string fresh(8192, 'n');
    EXPECT_EQ(file->write(0, old.data(), old.size()), DiskStatus::ok);
    EXPECT_EQ(file->sync(), DiskStatus::ok);
    EXPECT_EQ(file->write(0, fresh.data(), fresh.size()), DiskStatus::ok);
    Random random(seed);
    disk.power_loss(random);
    std::string pages;
    for (const std::size_t page : {0, 4096}) {
      const std::string now = disk.bytes("f").substr(page, 4096);
      const bool whole = now.find_first_not_of(now[0]) == std::string::npos;
      pages += whole ? now[0] : 't';
      for (std::size_t at = 0; at < 4096; at += 512) {
        EXPECT_EQ(now.substr(at, 512).find_first_not_of(now[at]), std::string::npos);
      }
    }
    seen.insert(pages);
  }
  EXPECT_EQ(seen.size(), 9u) << "each page on its own: kept, lost or torn";
}

TEST(MemoryDisk, PowerLossLosesGrowthAndTruncation) {
  std::set<std::size_t> grown;
  std::set<std::size_t> cut;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Random random(seed);
    MemoryDisk disk;
    const std::string page(4096, 'p');
    {
      const auto file = open(disk, "f");
      EXPECT_EQ(file->write(0, page.data(), page.size()), DiskStatus::ok);
    }
    disk.power_loss(random);
    grown.insert(disk.bytes("f").size());
    const auto file = open(disk, "f");
    EXPECT_EQ(file->write(0, page.data(), page.size()), DiskStatus::ok);
    EXPECT_EQ(file->sync(), DiskStatus::ok);
    EXPECT_EQ(file->truncate(0), DiskStatus::ok);
    disk.power_loss(random);
    cut.insert(disk.bytes("f").size());
  }
  EXPECT_TRUE(grown.contains(0) && grown.contains(4096));
  EXPECT_TRUE(cut.contains(0) && cut.contains(4096));
}

TEST(MemoryDisk, FailsTheCallsNamed) {
  MemoryDisk disk;
  const auto file = open(disk, "f");
  disk.fail_calls(2, 2, DiskStatus::io_error);
  EXPECT_EQ(file->write(0, "a", 1), DiskStatus::ok);
  EXPECT_EQ(file->write(0, "b", 1), DiskStatus::io_error);
  EXPECT_EQ(file->sync(), DiskStatus::io_error);
  EXPECT_EQ(file->sync(), DiskStatus::ok);
  EXPECT_EQ(disk.bytes("f"), "a");
}

TEST(MemoryDisk, IsFullAtItsCapacity) {
  MemoryDisk disk;
  const auto file = open(disk, "f");
  disk.set_capacity(4);
  EXPECT_EQ(file->write(0, "abcd", 4), DiskStatus::ok);
  EXPECT_EQ(file->write(2, "xyz", 3), DiskStatus::full);
  EXPECT_EQ(file->write(2, "xy", 2), DiskStatus::ok);
  EXPECT_EQ(disk.bytes("f"), "abxy");
}

}  // namespace
}  // namespace holdfast::node
