#include "node/core/ring.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace holdfast::node {
namespace {

TEST(Ring, RangesCoverAllTokensWithoutGapOrOverlap) {
  const Ring ring(5, 3, 16);
  std::uint64_t next = 0;
  for (std::uint32_t i = 0; i < ring.range_count(); ++i) {
    EXPECT_EQ(ring.range(i).first, next);
    EXPECT_LE(ring.range(i).first, ring.range(i).last);
    EXPECT_EQ(ring.range_of(ring.range(i).first), i);
    EXPECT_EQ(ring.range_of(ring.range(i).last), i);
    next = ring.range(i).last + 1;
  }
  EXPECT_EQ(next, 0u) << "the last range ends at the highest token";
}

TEST(Ring, PreferenceListHoldsEveryNodeOnceHomeReplicasFirst) {
  const Ring ring(7, 3, 8);
  for (std::uint32_t i = 0; i < ring.range_count(); ++i) {
    const auto list = ring.preference_list(i);
    EXPECT_EQ(std::set<NodeId>(list.begin(), list.end()).size(), 7u);
    EXPECT_EQ(ring.home_replicas(i).size(), 3u);
    for (NodeId node = 0; node < 7; ++node) {
      const bool first_three = std::find(list.begin(), list.begin() + 3, node) != list.begin() + 3;
      EXPECT_EQ(ring.is_home(i, node), first_three);
    }
  }
}

TEST(Ring, KeysSpreadOverNodes) {
  const Ring ring(5, 3, 16);
  std::vector<int> owned(5);
  for (int i = 0; i < 10000; ++i) {
    for (const NodeId node : ring.home_replicas_of("key " + std::to_string(i))) ++owned[node];
  }
  for (const int count : owned) {
    EXPECT_GT(count, 3000) << "6000 would be even";
    EXPECT_LT(count, 9000);
  }
}

TEST(Ring, OneNodeOwnsEverything) {
  const Ring ring(1, 1, 4);
  EXPECT_EQ(ring.home_replicas_of("k").front(), 0);
}

}  // namespace
}  // namespace holdfast::node
