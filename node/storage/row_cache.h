// Rows read or written last, so that a hot key costs no query. A row has one place, by its token,
// and takes it from whatever was there: nothing is ordered or counted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "node/storage/row.h"

namespace holdfast::node {

class RowCache {
 public:
  // Larger values are not kept.
  static constexpr std::size_t kLargestValue = 1024;

  struct Entry {
    std::string key;  // empty: none
    Row row;
    std::uint64_t value_checksum = 0;

    RowHead head() const { return {row.version, row.id, row.deleted, value_checksum}; }
  };

  // REQUIRES: places > 0.
  explicit RowCache(std::size_t places) : entries_(places) {}

  // Null if it is not here. Valid until the next change.
  const Entry* find(std::uint64_t token, std::string_view key) const {
    const Entry& entry = entries_[token % entries_.size()];
    return entry.key == key && !key.empty() ? &entry : nullptr;
  }
  // The row is now what is stored.
  void keep(std::uint64_t token, std::string_view key, const Row& row,
            std::uint64_t value_checksum) {
    if (row.value.size() > kLargestValue) return forget(token, key);
    Entry& entry = entries_[token % entries_.size()];
    entry.key = key;
    entry.row = row;
    entry.value_checksum = value_checksum;
  }
  void forget(std::uint64_t token, std::string_view key) {
    Entry& entry = entries_[token % entries_.size()];
    if (entry.key == key) entry.key.clear();
  }

 private:
  std::vector<Entry> entries_;
};

}  // namespace holdfast::node
