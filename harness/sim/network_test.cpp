#include "harness/sim/network.h"

#include <gtest/gtest.h>

#include <map>

namespace holdfast::harness {
namespace {

constexpr SimTime kMs = 1'000'000;

std::vector<SimTime> first_arrivals(Network& network, NodeId from, NodeId to, int count,
                                    SimTime step) {
  std::vector<SimTime> arrivals;
  for (int i = 0; i < count; ++i) {
    const Arrivals fate = network.send(from, to, i * step);
    arrivals.push_back(fate.count == 0 ? -1 : fate.at[0]);
  }
  return arrivals;
}

TEST(Network, DelaysEveryMessageWithinItsRange) {
  Network network(1, 3, {});
  SimTime least = kMs;
  SimTime most = 0;
  for (int i = 0; i < 1000; ++i) {
    const SimTime now = i * 10 * kMs;
    const Arrivals fate = network.send(0, 1, now);
    ASSERT_EQ(fate.count, 1);
    least = std::min(least, fate.at[0] - now);
    most = std::max(most, fate.at[0] - now);
  }
  EXPECT_GE(least, 200'000);
  EXPECT_LT(least, 205'000);
  EXPECT_LE(most, 800'000);
  EXPECT_GT(most, 795'000);
}

TEST(Network, KeepsTheOrderOfALink) {
  Network network(1, 2, {});
  network.set_quality(0, 1, {.jitter = std::chrono::milliseconds(50)});
  const std::vector<SimTime> arrivals = first_arrivals(network, 0, 1, 1000, 1000);
  for (std::size_t i = 1; i < arrivals.size(); ++i) EXPECT_GE(arrivals[i], arrivals[i - 1]);
}

TEST(Network, LetsMessagesOvertakeWhereAsked) {
  Network network(1, 2, {});
  network.set_quality(0, 1, {.delay = std::chrono::milliseconds(20), .reorder_per_mille = 200});
  const std::vector<SimTime> arrivals = first_arrivals(network, 0, 1, 1000, 1000);
  int overtakes = 0;
  for (std::size_t i = 1; i < arrivals.size(); ++i) overtakes += arrivals[i] < arrivals[i - 1];
  EXPECT_GT(overtakes, 100);
  EXPECT_LT(overtakes, 250);
}

TEST(Network, CorruptsTheShareAskedForAndMovesNothingElse) {
  Network clean(1, 2, {});
  Network dirty(1, 2, {});
  clean.set_quality(0, 1, {.jitter = std::chrono::milliseconds(5)});
  dirty.set_quality(0, 1, {.jitter = std::chrono::milliseconds(5), .corrupt_per_mille = 100});
  int corrupted = 0;
  for (int i = 0; i < 10'000; ++i) {
    const Arrivals as_sent = clean.send(0, 1, i * kMs);
    const Arrivals fate = dirty.send(0, 1, i * kMs);
    ASSERT_FALSE(as_sent.corrupted);
    ASSERT_EQ(fate.at[0], as_sent.at[0]);
    corrupted += fate.corrupted;
  }
  EXPECT_GT(corrupted, 900);
  EXPECT_LT(corrupted, 1100);
}

TEST(Network, ASlowLinkTakesItsTimeAndHasLittleRoom) {
  Network network(1, 2, {});
  network.set_quality(0, 1, {.bytes_per_second = 10'000});
  ASSERT_TRUE(network.is_limited(0, 1));
  // 100 bytes take 10 ms each; beyond 200 ms there is no room.
  int carried = 0;
  for (int i = 0; i < 100; ++i) {
    const Arrivals fate = network.send(0, 1, 0, 100);
    if (fate.count == 0) continue;
    ++carried;
    EXPECT_GE(fate.at[0], carried * 10 * kMs);
    EXPECT_LE(fate.at[0], carried * 10 * kMs + kMs);
  }
  EXPECT_EQ(carried, 21);
  EXPECT_EQ(network.send(0, 1, 1000 * kMs, 100).count, 1);
  network.set_quality(0, 1, {});
  EXPECT_LE(network.send(0, 1, 2000 * kMs, 1'000'000).at[0], 2001 * kMs);
}

TEST(Network, LosesAndDuplicatesTheShareAskedFor) {
  Network network(1, 2, {});
  network.set_quality(0, 1, {.loss_per_mille = 100, .duplicate_per_mille = 50});
  std::map<int, int> counts;
  for (int i = 0; i < 10'000; ++i) ++counts[network.send(0, 1, i * kMs).count];
  EXPECT_NEAR(counts[0], 1000, 120);
  EXPECT_NEAR(counts[2], 450, 90);
}

TEST(Network, DuplicatesComeAfterTheOriginalSometimesMuchLater) {
  Network network(1, 2, {});
  network.set_quality(0, 1, {.duplicate_per_mille = 1000});
  SimTime most = 0;
  for (int i = 0; i < 1000; ++i) {
    const Arrivals fate = network.send(0, 1, i * kMs);
    ASSERT_EQ(fate.count, 2);
    EXPECT_GT(fate.at[1], fate.at[0]);
    most = std::max(most, fate.at[1] - fate.at[0]);
  }
  EXPECT_GT(most, 500 * kMs);
  EXPECT_LE(most, 1000 * kMs);  // a dead peer is not heard for longer
}

TEST(Network, CutsOneDirectionOnly) {
  Network network(1, 2, {});
  network.set_cut(0, 1, true);
  EXPECT_EQ(network.send(0, 1, 0).count, 0);
  EXPECT_EQ(network.send(1, 0, 0).count, 1);
  network.set_cut(0, 1, false);
  EXPECT_EQ(network.send(0, 1, 0).count, 1);
}

TEST(Network, AFaultOnOneLinkDoesNotMoveAnotherLinksNumbers) {
  Network plain(7, 3, {});
  Network faulty(7, 3, {});
  faulty.set_quality(0, 1, {.loss_per_mille = 500});
  first_arrivals(faulty, 0, 1, 50, kMs);
  EXPECT_EQ(first_arrivals(plain, 0, 2, 100, kMs), first_arrivals(faulty, 0, 2, 100, kMs));
}

TEST(Network, OneSettingDoesNotMoveAnothersNumbers) {
  Network a(7, 2, {});
  Network b(7, 2, {});
  a.set_quality(0, 1, {.loss_per_mille = 300});
  b.set_quality(0, 1, {.loss_per_mille = 300, .duplicate_per_mille = 300});
  EXPECT_EQ(first_arrivals(a, 0, 1, 1000, kMs), first_arrivals(b, 0, 1, 1000, kMs));
}

TEST(Network, SeedsDiffer) {
  Network a(1, 2, {});
  Network b(2, 2, {});
  EXPECT_NE(first_arrivals(a, 0, 1, 10, kMs), first_arrivals(b, 0, 1, 10, kMs));
}

}  // namespace
}  // namespace holdfast::harness
