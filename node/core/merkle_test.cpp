#include "node/core/merkle.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>

#include "node/base/random.h"

namespace holdfast::node {
namespace {

class MerkleTest : public testing::Test {
 protected:
  RowHead head(std::int64_t clock) { return {{clock, 0, 0, 1}, {1, 2}, false, 77}; }
  void add(MerkleForest& forest, const std::string& key, std::int64_t clock) {
    const std::uint64_t token = token_of(key);
    forest.add(ring.range_of(token), token, row_hash(key, head(clock)));
  }

  Ring ring{1, 1, 4};
  MerkleForest one{ring, 0, 256};
  MerkleForest two{ring, 0, 256};
};

TEST_F(MerkleTest, SameRowsInAnyOrderGiveTheSameTree) {
  for (int i = 0; i < 1000; ++i) add(one, std::to_string(i), i + 1);
  for (int i = 999; i >= 0; --i) add(two, std::to_string(i), i + 1);
  for (std::uint32_t range = 0; range < ring.range_count(); ++range) {
    EXPECT_EQ(one.hash(range, 0, 0), two.hash(range, 0, 0));
  }
}

TEST_F(MerkleTest, OneRowThatDiffersShowsOnItsPathOnly) {
  for (int i = 0; i < 1000; ++i) add(one, std::to_string(i), 1);
  for (int i = 0; i < 1000; ++i) add(two, std::to_string(i), i == 500 ? 2 : 1);
  const std::uint32_t hit = ring.range_of(token_of("500"));
  for (std::uint32_t range = 0; range < ring.range_count(); ++range) {
    for (std::uint32_t level = 0; level <= one.leaf_level(); ++level) {
      int different = 0;
      for (std::uint32_t i = 0; i < one.level_size(level); ++i) {
        different += one.hash(range, level, i) != two.hash(range, level, i) ? 1 : 0;
      }
      EXPECT_EQ(different, range == hit ? 1 : 0) << "level " << level;
    }
  }
}

TEST_F(MerkleTest, RemovingARowUndoesAddingIt) {
  const std::uint64_t token = token_of("k");
  const std::uint32_t range = ring.range_of(token);
  const std::uint64_t empty = one.hash(range, 0, 0);
  add(one, "k", 1);
  EXPECT_NE(one.hash(range, 0, 0), empty);
  one.remove(range, token, row_hash("k", head(1)));
  EXPECT_EQ(one.hash(range, 0, 0), empty);
}

TEST_F(MerkleTest, HashTellsRowsApart) {
  const RowHead row = head(1);
  RowHead deleted = row;
  deleted.deleted = true;
  RowHead other_value = row;
  other_value.value_checksum = 78;
  EXPECT_NE(row_hash("k", row), row_hash("k", deleted));
  EXPECT_NE(row_hash("k", row), row_hash("k", other_value));
  EXPECT_NE(row_hash("k", row), row_hash("k", head(2)));
  EXPECT_NE(row_hash("k", row), row_hash("l", row));
}

TEST_F(MerkleTest, LeavesCoverARangeWithoutGapOrOverlap) {
  for (std::uint32_t range = 0; range < ring.range_count(); ++range) {
    std::uint64_t next = ring.range(range).first;
    for (std::uint32_t leaf = 0; leaf < 256; ++leaf) {
      const TokenRange tokens = one.leaf_tokens(range, leaf);
      if (tokens.first > tokens.last) continue;
      EXPECT_EQ(tokens.first, next);
      next = tokens.last + 1;
    }
    EXPECT_EQ(next, ring.range(range).last + 1);
  }
}

// The edges of leaves, where rounding would show.
TEST_F(MerkleTest, EveryTokenLiesInTheLeafThatCountsIt) {
  Random random(1);
  for (int i = 0; i < 10000; ++i) {
    const std::uint32_t range = static_cast<std::uint32_t>(random.below(ring.range_count()));
    const std::uint32_t leaf = static_cast<std::uint32_t>(random.below(256));
    const TokenRange tokens = one.leaf_tokens(range, leaf);
    for (const std::uint64_t token : {tokens.first, tokens.last}) {
      const std::uint64_t before = one.hash(range, 2, leaf);
      one.add(range, token, 1);
      EXPECT_EQ(one.hash(range, 2, leaf), before + 1);
    }
  }
}

// Hashes of a few bits collide often by chance; a way of combining them that cancels out (exclusive
// or, plain sums) collides always. With 64 bits nobody would see the difference.
template <class Change>
int collisions_of(Change change) {
  Random random(7);
  int collisions = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::array<std::uint8_t, MerkleForest::kFanOut> before{};
    for (std::uint8_t& child : before) child = static_cast<std::uint8_t>(random.below(256));
    const auto a = random.below(MerkleForest::kFanOut);
    const auto b = (a + 1 + random.below(MerkleForest::kFanOut - 1)) % MerkleForest::kFanOut;
    auto after = before;
    change(after[a], after[b], static_cast<std::uint8_t>(1 + random.below(255)));
    if (after != before) collisions += inner_hash(after.data()) == inner_hash(before.data());
  }
  return collisions;
}

TEST(InnerHash, ChangesOfTwoChildrenDoNotCancelOut) {
  constexpr int kByChance = 20'000 / 256;
  using Byte = std::uint8_t;
  EXPECT_LT(collisions_of([](Byte& a, Byte& b, Byte) { std::swap(a, b); }), 2 * kByChance);
  EXPECT_LT(collisions_of([](Byte& a, Byte& b, Byte x) {
              a ^= x;
              b ^= x;
            }),
            2 * kByChance);
  EXPECT_LT(collisions_of([](Byte& a, Byte& b, Byte x) {
              a = static_cast<Byte>(a + x);
              b = static_cast<Byte>(b - x);
            }),
            2 * kByChance);
}

}  // namespace
}  // namespace holdfast::node
