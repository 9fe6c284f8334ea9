#include "node/core/merkle.h"

#include "node/base/check.h"
#include "node/base/hash.h"
#include "node/base/random.h"
#include "node/base/wide.h"

namespace holdfast::node {

std::uint64_t row_hash(std::string_view key, const RowHead& head) {
  std::uint64_t seed = mix64(static_cast<std::uint64_t>(head.version.clock_us));
  seed = mix64(seed ^ (std::uint64_t{head.version.counter} << 32 | head.version.incarnation));
  seed = mix64(seed ^ (std::uint64_t{head.version.node} << 1 | (head.deleted ? 1 : 0)));
  return hash64(key, seed ^ head.value_checksum);
}

MerkleForest::MerkleForest(const Ring& ring, NodeId self, std::uint32_t leaves)
    : ring_(ring), leaves_(leaves), trees_(ring.range_count()) {
  std::uint32_t inner_nodes = 0;
  for (std::uint32_t size = 1; size < leaves; size *= kFanOut) {
    level_start_.push_back(inner_nodes);
    inner_nodes += size;
    ++leaf_level_;
  }
  for (std::uint32_t range = 0; range < trees_.size(); ++range) {
    if (!ring.is_home(range, self)) continue;
    trees_[range].leaves.resize(leaves);
    trees_[range].inner.resize(inner_nodes);
  }
}

std::uint32_t MerkleForest::level_size(std::uint32_t level) const {
  std::uint32_t size = 1;
  for (std::uint32_t i = 0; i < level; ++i) size *= kFanOut;
  return size;
}

void MerkleForest::add(std::uint32_t range, std::uint64_t token, std::uint64_t row_hash) {
  CHECK(covers(range));
  trees_[range].leaves[leaf_of(range, token)] += row_hash;
  trees_[range].stale = true;
}

void MerkleForest::remove(std::uint32_t range, std::uint64_t token, std::uint64_t row_hash) {
  CHECK(covers(range));
  trees_[range].leaves[leaf_of(range, token)] -= row_hash;
  trees_[range].stale = true;
}

std::uint64_t MerkleForest::hash(std::uint32_t range, std::uint32_t level, std::uint32_t index) {
  Tree& tree = trees_[range];
  CHECK(covers(range) && level <= leaf_level_);
  if (level == leaf_level_) return tree.leaves.at(index);
  if (tree.stale) rebuild(tree);
  return tree.inner.at(level_start_[level] + index);
}

TokenRange MerkleForest::leaf_tokens(std::uint32_t range, std::uint32_t leaf) const {
  const TokenRange& tokens = ring_.range(range);
  const Wide span = Wide{tokens.last} - tokens.first + 1;
  // The first token whose leaf_of() is `leaf`: the quotient rounded up.
  const auto edge = [&](std::uint32_t i) { return (span * i + leaves_ - 1) / leaves_; };
  const Wide first = edge(leaf);
  const Wide next = edge(leaf + 1);
  if (first == next) return {1, 0};
  return {static_cast<std::uint64_t>(tokens.first + first),
          static_cast<std::uint64_t>(tokens.first + next - 1)};
}

std::uint32_t MerkleForest::leaf_of(std::uint32_t range, std::uint64_t token) const {
  const TokenRange& tokens = ring_.range(range);
  const Wide span = Wide{tokens.last} - tokens.first + 1;
  return static_cast<std::uint32_t>(Wide{token - tokens.first} * leaves_ / span);
}

void MerkleForest::rebuild(Tree& tree) const {
  for (std::uint32_t level = leaf_level_; level-- > 0;) {
    const bool above_leaves = level + 1 == leaf_level_;
    const std::uint64_t* children =
        above_leaves ? tree.leaves.data() : tree.inner.data() + level_start_[level + 1];
    for (std::uint32_t i = 0; i < level_size(level); ++i) {
      tree.inner[level_start_[level] + i] = inner_hash(children + std::size_t{i} * kFanOut);
    }
  }
  tree.stale = false;
}

}  // namespace holdfast::node
