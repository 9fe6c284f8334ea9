#include "node/daemon/revertible_disk.h"

#include <gtest/gtest.h>

#include <map>

#include "node/base/random.h"
#include "node/storage/memory_disk.h"

namespace holdfast::node {
namespace {

constexpr std::size_t kPage = 4096;

std::string text_of(File& file) {
  std::string text(file.size(), '\0');
  std::size_t got = 0;
  EXPECT_EQ(file.read(0, text.data(), text.size(), got), DiskStatus::ok);
  return text;
}

std::unique_ptr<File> open(Disk& disk) {
  DiskStatus status = DiskStatus::ok;
  auto file = disk.open("f", true, status);
  EXPECT_EQ(status, DiskStatus::ok);
  return file;
}

void write(File& file, std::uint64_t offset, const std::string& text) {
  EXPECT_EQ(file.write(offset, text.data(), text.size()), DiskStatus::ok);
}

TEST(RevertibleDisk, AKilledProcessLosesNothing) {
  MemoryDisk memory;
  {
    RevertibleDisk disk(memory, std::nullopt);
    write(*open(disk), 0, "written");
  }
  RevertibleDisk disk(memory, std::nullopt);
  EXPECT_EQ(text_of(*open(disk)), "written");
}

TEST(RevertibleDisk, APowerLossKeepsLosesOrTearsWhatWasNotSyncedAndNothingElse) {
  std::map<std::string, int> fates;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    MemoryDisk memory;
    {
      RevertibleDisk disk(memory, std::nullopt);
      const auto file = open(disk);
      write(*file, 0, std::string(3 * kPage, 'a'));
      EXPECT_EQ(file->sync(), DiskStatus::ok);
      write(*file, kPage, std::string(kPage, 'b'));
      write(*file, kPage, std::string(kPage, 'c'));
    }
    {  // a process in between, killed too, changes nothing about what is synced
      RevertibleDisk disk(memory, std::nullopt);
      write(*open(disk), kPage + 10, "c");
    }
    RevertibleDisk disk(memory, seed);
    const std::string text = text_of(*open(disk));
    ASSERT_EQ(text.size(), 3 * kPage);
    EXPECT_EQ(text.substr(0, kPage), std::string(kPage, 'a'));
    EXPECT_EQ(text.substr(2 * kPage), std::string(kPage, 'a'));
    const std::string page = text.substr(kPage, kPage);
    EXPECT_EQ(page.find('b'), page.npos) << "a value that was neither synced nor the last";
    const bool a = page.find('a') != page.npos;
    const bool c = page.find('c') != page.npos;
    ++fates[a && c ? "torn" : a ? "lost" : "kept"];
  }
  EXPECT_GT(fates["torn"], 50);
  EXPECT_GT(fates["lost"], 50);
  EXPECT_GT(fates["kept"], 50);
}

TEST(RevertibleDisk, APowerLossIsActedOutOnce) {
  MemoryDisk memory;
  {
    RevertibleDisk disk(memory, std::nullopt);
    write(*open(disk), 0, std::string(kPage, 'a'));
  }
  std::string after;
  {
    RevertibleDisk disk(memory, 7);
    const auto file = open(disk);
    write(*file, 0, std::string(kPage, 'z'));
    EXPECT_EQ(file->sync(), DiskStatus::ok);
  }
  RevertibleDisk disk(memory, 8);
  EXPECT_EQ(text_of(*open(disk)), std::string(kPage, 'z'));
}

// Against a model: whatever was written, each sector is as at the last sync or as last written.
TEST(RevertibleDisk, EverySectorIsAsSyncedOrAsLastWritten) {
  Random random(5);
  for (int round = 0; round < 200; ++round) {
    MemoryDisk memory;
    std::string synced, now;
    {
      RevertibleDisk disk(memory, std::nullopt);
      const auto file = open(disk);
      for (int step = 0; step < 20; ++step) {
        const std::uint64_t kind = random.below(8);
        if (kind == 0) {
          EXPECT_EQ(file->sync(), DiskStatus::ok);
          synced = now;
          continue;
        }
        const std::uint64_t offset = random.below(5 * kPage);
        const std::string text(1 + random.below(2 * kPage), static_cast<char>('a' + step));
        write(*file, offset, text);
        now.resize(std::max(now.size(), offset + text.size()), '\0');
        now.replace(offset, text.size(), text);
      }
    }
    RevertibleDisk disk(memory, random.next());
    const std::string text = text_of(*open(disk));
    ASSERT_GE(text.size(), synced.size());
    ASSERT_LE(text.size(), now.size());
    synced.resize(now.size(), '\0');
    for (std::size_t at = 0; at < text.size(); at += 512) {
      const std::size_t size = std::min<std::size_t>(512, text.size() - at);
      const std::string sector = text.substr(at, size);
      ASSERT_TRUE(sector == now.substr(at, size) || sector == synced.substr(at, size)) << at;
    }
  }
}

}  // namespace
}  // namespace holdfast::node
