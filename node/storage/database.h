// What a Store holds open: the VFS, the connection and the cached statements. Internal to the
// store's own sources.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "node/storage/connection.h"
#include "node/storage/row_cache.h"
#include "node/storage/store.h"
#include "node/storage/vfs.h"

namespace holdfast::node {

struct Store::Database {
  Database(Disk& disk, std::uint64_t seed, const StoreSizes& sizes);

  // Opens the file with all settings, creating an empty database if there is none.
  bool open();
  // Whether the tables exist.
  bool has_tables();
  bool create_tables();
  bool prepare();

  // Opens the transaction unless it is open. False after a failure.
  bool begin();
  bool failed() const { return failure.status != StoreStatus::ok; }
  void damaged(std::string what) { failure.set(StoreStatus::corrupt, std::move(what)); }
  // Damage that a read met must be known at the next open(), which does not look at every page.
  void note_damage();

  Disk& disk;
  StoreSizes sizes;
  RowCache row_cache;
  Failure failure;
  bool damage_noted = false;
  Vfs vfs;
  Connection connection;
  bool in_transaction = false;

  Statement begin_transaction, commit_transaction;
  Statement row_head, row_get, row_put, row_erase, row_scan_heads, row_scan, row_tombstones,
      row_count;
  Statement hint_add, hint_list, hint_get, hint_of_key, hint_size, hint_erase, hint_quarantine;
  Statement lost_before, lost_after, lost_put, lost_erase, lost_count;
  Statement number_get, number_set;

  // Changed since the last commit, written once per commit.
  HintLedger ledger_written;
  std::set<NodeId> new_sequences;
};

// The columns of a row's head from `first` on: version, id, deleted, checksum. False, and the
// database is damaged, if they are not what we write.
bool read_head(Execution& row, int first, RowHead& head);
// The same and the value, checked against its checksum.
bool read_row(Execution& row, int first, Row& to);

// An operation id as it is stored.
using EncodedId = std::array<char, 16>;
EncodedId encode_id(OperationId id);

template <class Bytes>
std::string_view view_of(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Tokens are stored so that SQLite's order of signed numbers is the order of tokens.
inline std::int64_t stored_token(std::uint64_t token) {
  return static_cast<std::int64_t>(token ^ (std::uint64_t{1} << 63));
}
inline std::uint64_t token_at(Execution& row, int column) {
  return static_cast<std::uint64_t>(row.integer_at(column)) ^ (std::uint64_t{1} << 63);
}

}  // namespace holdfast::node
