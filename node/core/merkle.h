// Merkle trees over a node's own rows, one for each range it is a home replica of.
//
// A leaf covers an equal part of the range's tokens and holds the sum of the hashes of its rows, so
// that one row is exchanged in constant time; the levels above, 16 children to a node, are made
// when they are asked for. Trees of two nodes are comparable because ranges and leaves are the
// same everywhere. They live in memory and are built by a scan at start. (Merkle trees against
// replica divergence: Dynamo, DeCandia et al. 2007, section 4.7.)
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "node/base/random.h"
#include "node/core/ring.h"
#include "node/storage/row.h"

namespace holdfast::node {

class MerkleForest {
 public:
  static constexpr std::uint32_t kFanOut = 16;

  // Empty trees for the ranges that `self` is a home replica of. REQUIRES: `leaves` is a power of
  // kFanOut. `ring` must outlive the forest.
  MerkleForest(const Ring& ring, NodeId self, std::uint32_t leaves);

  // A row hash goes in or comes out. REQUIRES: covers(range).
  void add(std::uint32_t range, std::uint64_t token, std::uint64_t row_hash);
  void remove(std::uint32_t range, std::uint64_t token, std::uint64_t row_hash);

  bool covers(std::uint32_t range) const { return !trees_[range].leaves.empty(); }
  std::uint32_t leaf_level() const { return leaf_level_; }
  std::uint32_t level_size(std::uint32_t level) const;
  // REQUIRES: covers(range), level <= leaf_level(), index < level_size(level).
  std::uint64_t hash(std::uint32_t range, std::uint32_t level, std::uint32_t index);
  // The tokens of one leaf; nothing lies in an empty one (first > last).
  TokenRange leaf_tokens(std::uint32_t range, std::uint32_t leaf) const;

 private:
  struct Tree {
    std::vector<std::uint64_t> leaves;  // empty: not covered
    std::vector<std::uint64_t> inner;   // level after level, from the root
    bool stale = true;                  // `inner` must be made anew
  };

  std::uint32_t leaf_of(std::uint32_t range, std::uint64_t token) const;
  void rebuild(Tree& tree) const;

  const Ring& ring_;
  std::uint32_t leaves_;
  std::uint32_t leaf_level_ = 0;
  std::vector<std::uint32_t> level_start_;  // of `inner`
  std::vector<Tree> trees_;                 // by range
};

// The hash of an inner node from those of its kFanOut children; 0 if all are empty. The position is
// hashed in, and the sum is of mixed values: children that trade rows, or change alike, do not
// cancel out. A template, so that a test can count collisions of hashes with few bits.
template <class Hash>
Hash inner_hash(const Hash* children) {
  Hash sum = 0;
  for (std::uint32_t child = 0; child < MerkleForest::kFanOut; ++child) {
    const std::uint64_t value = children[child];
    if (value != 0) sum = static_cast<Hash>(sum + mix64(value ^ mix64(child + 1)));
  }
  return sum;
}

// What a row adds to its leaf: key, version, deleted and the value's checksum.
std::uint64_t row_hash(std::string_view key, const RowHead& head);

}  // namespace holdfast::node
