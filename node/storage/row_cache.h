// What was read or written last of the rows, so that a hot key costs no query: so many bytes at
// most. When room is needed, what was not used since it was last looked at goes first (the CLOCK
// algorithm: Corbató, "A Paging Experiment with the Multics System", 1968).
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
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
    std::uint64_t token = 0;
    std::string key;  // empty: the entry is
    bool used = false;
    std::optional<Row> row;  // none: there is no row of this key
    std::uint64_t value_checksum = 0;

    std::optional<RowHead> head() const {
      if (!row) return std::nullopt;
      return RowHead{row->version, row->id, row->deleted, value_checksum};
    }
  };

  explicit RowCache(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  // Null if nothing is known. Valid until the next change.
  const Entry* find(std::uint64_t token, std::string_view key);
  // The row is what is stored now. Of two keys with one token the last is kept.
  void keep(std::uint64_t token, std::string_view key, const Row& row,
            std::uint64_t value_checksum);
  // There is no row now.
  void keep_absent(std::uint64_t token, std::string_view key);

 private:
  static std::size_t bytes_of(const Entry& entry);
  // The entry for a token's key, whatever it holds. Its bytes are not counted until count() is
  // called.
  Entry& entry_of(std::uint64_t token, std::string_view key);
  void count(const Entry& entry);
  void forget(std::uint64_t token, std::string_view key);
  void clear(std::uint32_t place);

  std::size_t most_bytes_;
  std::size_t bytes_ = 0;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> empty_;  // entries without a row
  std::size_t hand_ = 0;              // the entry to look at next when room is needed
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> places_;  // of a token's entry
};

}  // namespace holdfast::node
