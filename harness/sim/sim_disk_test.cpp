#include "harness/sim/sim_disk.h"

#include <gtest/gtest.h>

#include <string>

namespace holdfast::harness {
namespace {

using nemesis::DiskFault;
using node::DiskStatus;
using node::File;

std::unique_ptr<File> open(SimDisk& disk, std::string_view name) {
  DiskStatus status = DiskStatus::io_error;
  std::unique_ptr<File> file = disk.open(name, true, status);
  EXPECT_EQ(status, DiskStatus::ok);
  return file;
}

DiskStatus write(File& file, std::uint64_t offset, const std::string& bytes) {
  return file.write(offset, bytes.data(), bytes.size());
}

std::string content(File& file) {
  std::string bytes(file.size(), '?');
  std::size_t got = 0;
  EXPECT_EQ(file.read(0, bytes.data(), bytes.size(), got), DiskStatus::ok);
  EXPECT_EQ(got, bytes.size());
  return bytes;
}

TEST(SimDisk, KeepsFilesByName) {
  SimDisk disk(1, 0, {});
  DiskStatus status = DiskStatus::ok;
  EXPECT_EQ(disk.open("a", false, status), nullptr);
  EXPECT_EQ(status, DiskStatus::not_found);
  EXPECT_EQ(write(*open(disk, "a"), 0, "text"), DiskStatus::ok);
  EXPECT_TRUE(disk.exists("a"));
  EXPECT_EQ(disk.rename("a", "b"), DiskStatus::ok);
  EXPECT_FALSE(disk.exists("a"));
  EXPECT_EQ(content(*open(disk, "b")), "text");
  EXPECT_EQ(disk.remove("b"), DiskStatus::ok);
  EXPECT_EQ(disk.remove("b"), DiskStatus::not_found);
  EXPECT_EQ(disk.rename("b", "c"), DiskStatus::not_found);
}

TEST(SimDisk, ADeadProcessChangesNothingMore) {
  SimDisk disk(1, 0, {});
  const std::unique_ptr<File> file = open(disk, "a");
  EXPECT_EQ(write(*file, 0, "text"), DiskStatus::ok);
  disk.detach();
  EXPECT_EQ(write(*file, 0, "dead"), DiskStatus::io_error);
  EXPECT_EQ(file->truncate(0), DiskStatus::io_error);
  EXPECT_EQ(disk.remove("a"), DiskStatus::io_error);
  disk.attach();
  EXPECT_EQ(content(*open(disk, "a")), "text");
}

TEST(SimDisk, AWipedDiskIsEmpty) {
  SimDisk disk(1, 0, {});
  EXPECT_EQ(write(*open(disk, "a"), 0, "text"), DiskStatus::ok);
  disk.detach();
  disk.wipe();
  disk.attach();
  EXPECT_FALSE(disk.exists("a"));
  EXPECT_EQ(disk.bytes(), 0u);
}

TEST(SimDisk, LosesPowerAtTheCallAskedFor) {
  for (std::uint64_t call = 1; call <= 4; ++call) {
    SimDisk disk(call, 0, {});
    const std::unique_ptr<File> file = open(disk, "a");
    disk.lose_power_at_call(call);
    std::uint64_t succeeded = 0;
    for (int i = 0; i < 4; ++i) succeeded += write(*file, i * 4096, "x") == DiskStatus::ok;
    EXPECT_EQ(succeeded, call - 1);
    EXPECT_TRUE(disk.lost_power());
    disk.attach();
    EXPECT_FALSE(disk.lost_power());
    EXPECT_LE(open(disk, "a")->size(), (call - 1) * 4096 + 1);
  }
}

TEST(SimDisk, TheWriteThatThePowerLossStrikesMayBeTorn) {
  bool kept = false;
  bool lost = false;
  bool torn = false;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SimDisk disk(seed, 0, {});
    std::unique_ptr<File> file = open(disk, "a");
    EXPECT_EQ(write(*file, 0, std::string(4096, 'o')), DiskStatus::ok);
    EXPECT_EQ(file->sync(), DiskStatus::ok);
    disk.lose_power_at_call(1);
    EXPECT_EQ(write(*file, 0, std::string(4096, 'n')), DiskStatus::io_error);
    disk.attach();
    const std::string bytes = content(*open(disk, "a"));
    const bool has_new = bytes.find('n') != std::string::npos;
    const bool has_old = bytes.find('o') != std::string::npos;
    kept |= has_new && !has_old;
    lost |= has_old && !has_new;
    torn |= has_old && has_new;
  }
  EXPECT_TRUE(kept);
  EXPECT_TRUE(lost);
  EXPECT_TRUE(torn);
}

TEST(SimDisk, FailsEveryWriteAndSyncWhileAskedTo) {
  SimDisk disk(1, 0, {});
  const std::unique_ptr<File> file = open(disk, "a");
  EXPECT_EQ(write(*file, 0, "text"), DiskStatus::ok);
  EXPECT_EQ(file->sync(), DiskStatus::ok);
  disk.set_fault(DiskFault::io_error);
  EXPECT_EQ(write(*file, 0, "more"), DiskStatus::io_error);
  EXPECT_EQ(file->sync(), DiskStatus::io_error);
  EXPECT_EQ(content(*file), "text");
  disk.set_fault(DiskFault::none);
  EXPECT_EQ(write(*file, 0, "more"), DiskStatus::ok);
  EXPECT_EQ(content(*file), "more");
}

TEST(SimDisk, AFailedSyncLosesWhatWasNotDurable) {
  bool changed = false;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SimDisk disk(seed, 0, {});
    const std::unique_ptr<File> file = open(disk, "a");
    EXPECT_EQ(write(*file, 0, "old"), DiskStatus::ok);
    EXPECT_EQ(file->sync(), DiskStatus::ok);
    EXPECT_EQ(write(*file, 0, "new"), DiskStatus::ok);
    disk.set_fault(DiskFault::io_error);
    EXPECT_EQ(file->sync(), DiskStatus::io_error);
    changed |= content(*file) == "old";
  }
  EXPECT_TRUE(changed);
}

TEST(SimDisk, AFullDiskTakesOnlyWhatDoesNotGrow) {
  SimDisk disk(1, 0, {});
  const std::unique_ptr<File> file = open(disk, "a");
  EXPECT_EQ(write(*file, 0, "text"), DiskStatus::ok);
  disk.set_fault(DiskFault::full);
  EXPECT_EQ(write(*file, 2, "more"), DiskStatus::full);
  EXPECT_EQ(write(*file, 0, "more"), DiskStatus::ok);
  EXPECT_EQ(content(*file), "more");
}

TEST(SimDisk, FlipsExactlyOneBitOfTheDatabase) {
  SimDisk disk(1, 0, {});
  const std::unique_ptr<File> file = open(disk, "node.db");
  const std::string before(100'000, 'a');
  EXPECT_EQ(write(*file, 0, before), DiskStatus::ok);
  EXPECT_EQ(file->sync(), DiskStatus::ok);
  disk.flip_bit();
  const std::string after = content(*file);
  int bits = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    bits += __builtin_popcount(static_cast<unsigned char>(before[i] ^ after[i]));
  }
  EXPECT_EQ(bits, 1);
}

TEST(SimDisk, DrawsTheDurationOfEachSync) {
  SimDisk disk(1, 0, {});
  const std::unique_ptr<File> file = open(disk, "a");
  Duration sum{0};
  for (int i = 0; i < 100; ++i) {
    const Duration duration = disk.sync_duration();
    EXPECT_GE(duration, std::chrono::milliseconds(1));
    EXPECT_LE(duration, std::chrono::milliseconds(3));
    sum += duration;
    EXPECT_EQ(file->sync(), DiskStatus::ok);
  }
  EXPECT_EQ(disk.take_sync_time(), sum);
  EXPECT_EQ(disk.take_sync_time(), Duration{0});
  const Duration normal = disk.sync_duration();
  disk.set_fault(DiskFault::slow_sync);
  EXPECT_EQ(disk.sync_duration(), normal + std::chrono::milliseconds(200));
}

}  // namespace
}  // namespace holdfast::harness
