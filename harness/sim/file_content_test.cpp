#include "harness/sim/file_content.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace holdfast::harness {
namespace {

std::string content(const FileContent& file) {
  std::string bytes(file.size(), '?');
  EXPECT_EQ(file.read(0, bytes.data(), bytes.size()), bytes.size());
  return bytes;
}

void write(FileContent& file, std::uint64_t offset, const std::string& bytes) {
  file.write(offset, bytes.data(), bytes.size());
}

std::string pages(std::size_t count, char letter) {
  return std::string(count * kPageBytes, letter);
}

TEST(FileContent, ReadsWhatWasWrittenAcrossChunks) {
  FileContent file(1);
  std::string model(300'000, '\0');
  Random random(3);
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t offset = random.below(290'000);
    const std::string part(random.below(10'000), static_cast<char>('a' + i % 26));
    write(file, offset, part);
    if (model.size() < offset + part.size()) model.resize(offset + part.size());
    model.replace(offset, part.size(), part);
    if (i % 20 == 0) file.sync();
  }
  model.resize(file.size());
  EXPECT_EQ(content(file), model);
}

TEST(FileContent, ReadsLessAtTheEnd) {
  FileContent file(1);
  write(file, 0, "abc");
  char buffer[8];
  EXPECT_EQ(file.read(1, buffer, 8), 2u);
  EXPECT_EQ(file.read(3, buffer, 8), 0u);
  EXPECT_EQ(file.read(100, buffer, 8), 0u);
}

TEST(FileContent, FillsGapsAndTruncatedPartsWithZeros) {
  FileContent file(1);
  write(file, 0, pages(3, 'a'));
  file.truncate(5000);
  write(file, 200'000, "end");
  const std::string bytes = content(file);
  EXPECT_EQ(bytes[4999], 'a');
  EXPECT_EQ(bytes.substr(5000, 195'000), std::string(195'000, '\0'));
  EXPECT_EQ(bytes.substr(200'000), "end");
}

TEST(FileContent, KeepsWhatWasSyncedThroughEveryPowerLoss) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    FileContent file(1);
    write(file, 0, pages(20, 'a'));
    file.sync();
    EXPECT_FALSE(file.unsynced());
    file.lose_power(PowerLoss(seed));
    EXPECT_EQ(content(file), pages(20, 'a'));
  }
}

// Letters of the sectors of each page after the loss of 40 overwritten pages.
std::map<std::string, int> shapes_after_loss(std::uint64_t seed) {
  FileContent file(1);
  write(file, 0, pages(40, 'o'));
  file.sync();
  write(file, 0, pages(40, 'n'));
  file.lose_power(PowerLoss(seed));
  const std::string bytes = content(file);
  EXPECT_EQ(bytes.size(), 40 * kPageBytes);
  std::map<std::string, int> shapes;
  for (std::size_t page = 0; page < 40; ++page) {
    std::string shape;
    for (std::size_t sector = 0; sector < 8; ++sector) {
      const std::string part =
          bytes.substr(page * kPageBytes + sector * kSectorBytes, kSectorBytes);
      EXPECT_EQ(part, std::string(kSectorBytes, part[0]));
      shape += part[0];
    }
    ++shapes[shape];
  }
  return shapes;
}

TEST(FileContent, KeepsLosesAndTearsUnsyncedPagesIndependently) {
  std::map<std::string, int> all;
  int all_lost = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto shapes = shapes_after_loss(seed);
    for (const auto& [shape, count] : shapes) all[shape] += count;
    all_lost += shapes.size() == 1 && shapes.contains("oooooooo");
  }
  EXPECT_GT(all["nnnnnnnn"], 1500);
  EXPECT_GT(all["oooooooo"], 1500);
  EXPECT_GT(all["nnnooooo"], 20);
  EXPECT_GT(all["ooooonnn"], 10);
  EXPECT_GT(all.size(), 100u);
  EXPECT_NEAR(all_lost, 50, 25);
}

TEST(FileContent, OneSeedAlwaysLosesTheSame) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    EXPECT_EQ(shapes_after_loss(seed), shapes_after_loss(seed));
  }
}

TEST(FileContent, GrowsOnlyAsFarAsPagesWereKept) {
  bool shorter = false;
  bool full = false;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    FileContent file(1);
    write(file, 0, pages(1, 'a'));
    file.sync();
    write(file, kPageBytes, pages(4, 'b') + "tail");
    file.lose_power(PowerLoss(seed));
    EXPECT_GE(file.size(), kPageBytes);
    EXPECT_LE(file.size(), 5 * kPageBytes + 4);
    EXPECT_EQ(content(file).substr(0, kPageBytes), pages(1, 'a'));
    shorter |= file.size() == kPageBytes;
    full |= file.size() == 5 * kPageBytes + 4;
  }
  EXPECT_TRUE(shorter);
  EXPECT_TRUE(full);
}

TEST(FileContent, AnUnsyncedTruncationMayComeBack) {
  int back = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    FileContent file(1);
    write(file, 0, pages(5, 'a'));
    file.sync();
    file.truncate(kPageBytes + 100);
    file.lose_power(PowerLoss(seed));
    const std::string bytes = content(file);
    if (bytes.size() == 5 * kPageBytes) {
      ++back;
      EXPECT_EQ(bytes, pages(5, 'a'));
    } else {
      EXPECT_EQ(bytes, pages(1, 'a') + std::string(100, 'a'));
    }
  }
  EXPECT_GT(back, 30);
  EXPECT_LT(back, 90);
}

TEST(FileContent, WhatAPowerLossLeftIsDurable) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    FileContent file(1);
    write(file, 0, pages(10, 'a'));
    file.lose_power(PowerLoss(seed));
    EXPECT_FALSE(file.unsynced());
    const std::string bytes = content(file);
    file.lose_power(PowerLoss(seed + 1000));
    EXPECT_EQ(content(file), bytes);
  }
}

TEST(FileContent, ASecondWriteBeforeTheSyncFallsBackToTheDurablePage) {
  FileContent file(1);
  write(file, 0, pages(1, 'a'));
  file.sync();
  write(file, 0, pages(1, 'b'));
  write(file, 0, pages(1, 'c'));
  std::uint64_t seed = 0;
  while (PowerLoss(seed).fate(1, 0) != PageFate::lost) ++seed;
  file.lose_power(PowerLoss(seed));
  EXPECT_EQ(content(file), pages(1, 'a'));
}

}  // namespace
}  // namespace holdfast::harness
