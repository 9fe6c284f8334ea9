#include "nemesis/linux/delay_line.h"

#include <gtest/gtest.h>

#include <bit>
#include <map>

namespace holdfast::nemesis {
namespace {

using Packets = std::vector<DelayLine::Packet>;
using std::chrono::milliseconds;

constexpr std::int64_t kMs = 1'000'000;

LinkQuality shape_with(const auto& change) {
  LinkQuality shape;
  change(shape);
  return shape;
}

DelayLine line_with(const auto& change) {
  DelayLine line(1, 0, 1);
  line.set_shape(shape_with(change));
  return line;
}

// A packet that says its number.
DelayLine::Packet numbered(std::uint8_t number, std::size_t size = 100) {
  return DelayLine::Packet(size, number);
}

std::vector<int> numbers_due(DelayLine& line, std::int64_t now_ns) {
  Packets packets;
  line.take_due(now_ns, 1000, packets);
  std::vector<int> numbers;
  for (const auto& packet : packets) numbers.push_back(packet.front());
  return numbers;
}

TEST(DelayLine, DelaysEachPacket) {
  DelayLine line = line_with([](LinkQuality& shape) { shape.delay = milliseconds(10); });
  line.accept(0, numbered(1));
  line.accept(3 * kMs, numbered(2));
  EXPECT_EQ(line.next_due_ns(), 10 * kMs);
  EXPECT_EQ(numbers_due(line, 10 * kMs - 1), std::vector<int>{});
  EXPECT_EQ(numbers_due(line, 10 * kMs), std::vector<int>{1});
  EXPECT_EQ(line.next_due_ns(), 13 * kMs);
  EXPECT_EQ(numbers_due(line, 13 * kMs), std::vector<int>{2});
  EXPECT_EQ(line.next_due_ns(), std::nullopt);
}

TEST(DelayLine, JitterStaysInItsBoundsAndKeepsTheOrder) {
  DelayLine line = line_with([](LinkQuality& shape) {
    shape.delay = milliseconds(5);
    shape.jitter = milliseconds(20);
  });
  std::vector<int> order;
  for (int i = 0; i < 100; ++i) line.accept(i * 30 * kMs, numbered(static_cast<std::uint8_t>(i)));
  std::int64_t least = 1000 * kMs;
  std::int64_t most = 0;
  for (int i = 0; i < 100; ++i) {
    const std::int64_t due = line.next_due_ns().value();
    least = std::min(least, due - i * 30 * kMs);
    most = std::max(most, due - i * 30 * kMs);
    EXPECT_EQ(numbers_due(line, due), std::vector<int>{i});
  }
  EXPECT_GE(least, 5 * kMs);
  EXPECT_LE(most, 25 * kMs);
  EXPECT_LT(least, 7 * kMs);
  EXPECT_GT(most, 23 * kMs);
}

TEST(DelayLine, OvertakingPacketsDoNotWait) {
  DelayLine line = line_with([](LinkQuality& shape) { shape.delay = milliseconds(10); });
  line.accept(0, numbered(1));
  line.set_shape(shape_with([](LinkQuality& shape) {
    shape.delay = milliseconds(10);
    shape.reorder_per_mille = 1000;
  }));
  line.accept(kMs, numbered(2));
  EXPECT_EQ(numbers_due(line, 20 * kMs), (std::vector<int>{2, 1}));
  EXPECT_EQ(line.counts().overtook, 1u);
}

TEST(DelayLine, LosesDuplicatesAndCorruptsInProportion) {
  DelayLine line = line_with([](LinkQuality& shape) {
    shape.loss_per_mille = 100;
    shape.duplicate_per_mille = 50;
    shape.corrupt_per_mille = 20;
  });
  for (int i = 0; i < 10'000; ++i) line.accept(0, numbered(0));
  Packets packets;
  line.take_due(0, 100'000, packets);
  const LinkCounts& counts = line.counts();
  EXPECT_EQ(counts.packets, 10'000u);
  EXPECT_EQ(counts.bytes, 1'000'000u);
  EXPECT_EQ(packets.size(), counts.packets - counts.lost + counts.duplicated);
  EXPECT_NEAR(static_cast<double>(counts.lost), 1000, 120);
  EXPECT_NEAR(static_cast<double>(counts.duplicated), 450, 80);
  EXPECT_NEAR(static_cast<double>(counts.corrupted), 180, 50);
}

TEST(DelayLine, CorruptionFlipsOneBitBehindTheEthernetHeader) {
  DelayLine line = line_with([](LinkQuality& shape) { shape.corrupt_per_mille = 1000; });
  for (int i = 0; i < 200; ++i) line.accept(0, numbered(0, 20));
  Packets packets;
  line.take_due(0, 1000, packets);
  for (const auto& packet : packets) {
    int flipped = 0;
    for (std::size_t i = 0; i < packet.size(); ++i) {
      flipped += std::popcount(packet[i]);
      EXPECT_TRUE(i >= 14 || packet[i] == 0) << i;
    }
    EXPECT_EQ(flipped, 1);
  }
}

TEST(DelayLine, BandwidthSpacesPacketsAndBoundsTheBacklog) {
  DelayLine line = line_with([](LinkQuality& shape) { shape.bytes_per_second = 100'000; });
  for (int i = 0; i < 1000; ++i) line.accept(0, numbered(7, 1000));  // 10 ms each
  EXPECT_EQ(line.next_due_ns(), 10 * kMs);
  EXPECT_EQ(numbers_due(line, 100 * kMs).size(), 10u);
  // 200 ms of backlog: 20 packets before the one that still gets in.
  EXPECT_EQ(line.counts().overflowed, 1000u - 21);
}

TEST(DelayLine, MemoryIsBounded) {
  DelayLine line = line_with([](LinkQuality& shape) { shape.delay = std::chrono::hours(1); });
  for (int i = 0; i < 20'000; ++i) line.accept(0, numbered(7, 1500));
  Packets packets;
  line.take_due(3600'000 * kMs, 100'000, packets);
  EXPECT_LE(packets.size() * 1500, DelayLine::kMostBytes);
  EXPECT_EQ(packets.size() + line.counts().overflowed, 20'000u);
}

TEST(DelayLine, AShapeHoldsForPacketsThatComeAfterIt) {
  DelayLine line = line_with([](LinkQuality& shape) { shape.delay = milliseconds(10); });
  line.accept(0, numbered(1));
  line.set_shape(LinkQuality{});
  line.accept(kMs, numbered(2));
  EXPECT_EQ(numbers_due(line, 9 * kMs), std::vector<int>{});
  EXPECT_EQ(numbers_due(line, 10 * kMs), (std::vector<int>{1, 2})) << "in order";
}

TEST(PacketFate, RepeatsForTheSamePacketAndDiffersBetweenLinks) {
  const LinkQuality shape = shape_with([](LinkQuality& all) {
    all.jitter = milliseconds(100);
    all.loss_per_mille = all.duplicate_per_mille = all.reorder_per_mille = 500;
  });
  int other_link = 0;
  int other_seed = 0;
  for (std::uint64_t n = 0; n < 100; ++n) {
    EXPECT_EQ(fate_of(1, 0, 1, n, shape), fate_of(1, 0, 1, n, shape));
    other_link += fate_of(1, 0, 1, n, shape) != fate_of(1, 1, 0, n, shape);
    other_seed += fate_of(1, 0, 1, n, shape) != fate_of(2, 0, 1, n, shape);
  }
  EXPECT_GT(other_link, 90);
  EXPECT_GT(other_seed, 90);
}

TEST(PacketFate, OneSettingMovesNoOther) {
  const LinkQuality lossy = shape_with([](LinkQuality& shape) { shape.loss_per_mille = 300; });
  LinkQuality more = lossy;
  more.jitter = milliseconds(7);
  more.duplicate_per_mille = 100;
  for (std::uint64_t n = 0; n < 1000; ++n) {
    EXPECT_EQ(fate_of(9, 2, 3, n, lossy).lost, fate_of(9, 2, 3, n, more).lost);
  }
}

}  // namespace
}  // namespace holdfast::nemesis
