// The node as home replica: its own rows and the Merkle trees over them.
//
// Every row that ever enters, by a write, a delivered hint, read repair or anti-entropy, goes
// through merge(), and so through one order of versions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "node/core/context.h"
#include "node/core/merkle.h"

namespace holdfast::node {

class Replica {
 public:
  // Builds the trees by a scan of the store.
  explicit Replica(Context& context);

  // Keeps the higher of `row` and what is there. True if `row` was kept. A row this node is not a
  // home replica of is ignored.
  bool merge(std::string_view key, const Row& row);
  // Keeps `row` even if it is older: a planted bug's way.
  void overwrite(std::string_view key, const Row& row);
  std::optional<Row> get(std::string_view key);
  // Not set if there is no row.
  Version version_of(std::string_view key);

  // Purges some tombstones whose grace has ended, if the configuration says so.
  void purge_tombstones();

  MerkleForest& forest() { return forest_; }
  std::uint64_t row_count() const { return row_count_; }

 private:
  std::uint64_t leaf_hash(std::string_view key, const RowHead& head) const;
  // Whether `row` replaces what is there.
  bool is_newer(const Row& row, const RowHead& before) const;
  // Whether `row` is a tombstone that would be purged at once, with nothing to hide.
  bool is_past_grace(const Row& row) const;
  void put(std::uint64_t token, std::uint32_t range, std::string_view key, const Row& row,
           const std::optional<RowHead>& before);

  Context& context_;
  MerkleForest forest_;
  std::uint64_t row_count_ = 0;
};

}  // namespace holdfast::node
