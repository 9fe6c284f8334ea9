#include "node/storage/database.h"

#include <cstring>

#include "node/base/hash.h"
#include "node/storage/file_names.h"
#include "node/storage/page_checksum.h"
#include "node/storage/schema.h"

namespace holdfast::node {

Store::Database::Database(Disk& disk, std::uint64_t seed, const StoreSizes& sizes)
    : disk(disk),
      sizes(sizes),
      row_cache(std::size_t{sizes.cached_row_kib} << 10),
      vfs(disk, seed, failure),
      connection(failure) {}

void Store::Database::note_damage() {
  if (failure.status != StoreStatus::corrupt || damage_noted) return;
  DiskStatus status = DiskStatus::ok;
  const std::unique_ptr<File> file = disk.open(kDamagedName, true, status);
  if (file == nullptr) return;
  damage_noted = file->write(0, failure.detail.data(), failure.detail.size()) == DiskStatus::ok;
}

bool Store::Database::open() {
  if (!connection.open(kDatabaseName, vfs.name())) return false;
  int reserve = static_cast<int>(kPageReserve);
  sqlite3_file_control(connection.handle(), "main", SQLITE_FCNTL_RESERVE_BYTES, &reserve);
  const std::string size_settings = "PRAGMA cache_size=-" + std::to_string(sizes.cache_kib) +
                                    ";PRAGMA wal_autocheckpoint=" + std::to_string(sizes.log_pages);
  return connection.run(kSettings) && connection.run(size_settings.c_str());
}

bool Store::Database::has_tables() {
  Statement tables;
  if (!tables.prepare(connection, "SELECT count(*) FROM sqlite_schema")) return false;
  Execution count(tables);
  return count.step() && count.integer_at(0) > 0;
}

bool Store::Database::create_tables() { return begin() && connection.run(kTables); }

bool Store::Database::prepare() {
  const struct {
    Statement& statement;
    const char* sql;
  } all[] = {
      {commit_transaction, "COMMIT"},
      {row_head, "SELECT version, id, deleted, checksum FROM rows WHERE token=? AND key=?"},
      {row_get, "SELECT version, id, deleted, checksum, value FROM rows WHERE token=? AND key=?"},
      {row_put,
       "INSERT OR REPLACE INTO rows(token, key, version, id, deleted, checksum, value)"
       " VALUES(?,?,?,?,?,?,?)"},
      {row_erase, "DELETE FROM rows WHERE token=? AND key=?"},
      {row_scan_heads,
       "SELECT token, key, version, id, deleted, checksum FROM rows"
       " WHERE token>=? AND token<=? ORDER BY token, key"},
      {row_scan,
       "SELECT token, key, version, id, deleted, checksum, value FROM rows"
       " WHERE (token, key)>=(?,?) AND token<=? ORDER BY token, key"},
      {row_tombstones,
       "SELECT key FROM rows WHERE deleted AND version<? ORDER BY version, token, key LIMIT ?"},
      {row_count, "SELECT count(*) FROM rows"},
      {hint_add,
       "INSERT INTO hints(destination, sequence, quarantined, stored_at_us, key, version, id,"
       " deleted, checksum, value) VALUES(?,?,0,?,?,?,?,?,?,?)"},
      {hint_list,
       "SELECT sequence, stored_at_us, key, version, id, deleted, checksum, value FROM hints"
       " WHERE destination=? AND sequence>=? AND NOT quarantined ORDER BY sequence"},
      {hint_get,
       "SELECT sequence, stored_at_us, key, version, id, deleted, checksum, value FROM hints"
       " WHERE destination=? AND sequence=? AND NOT quarantined"},
      {hint_of_key,
       "SELECT sequence, stored_at_us, key, version, id, deleted, checksum, value, destination"
       " FROM hints WHERE key=? AND NOT quarantined ORDER BY destination, sequence"},
      {hint_size,
       "SELECT length(CAST(key AS BLOB)) + length(value) FROM hints"
       " WHERE destination=? AND sequence=? AND NOT quarantined"},
      {hint_erase, "DELETE FROM hints WHERE destination=? AND sequence=?"},
      {hint_quarantine, "UPDATE hints SET quarantined=1 WHERE destination=? AND sequence=?"},
      {lost_before,
       "SELECT first, last, reason FROM lost_hints"
       " WHERE destination=? AND first<=? ORDER BY first DESC LIMIT 1"},
      {lost_after, "SELECT last, reason FROM lost_hints WHERE destination=? AND first=?"},
      {lost_put,
       "INSERT OR REPLACE INTO lost_hints(destination, first, last, reason) VALUES(?,?,?,?)"},
      {lost_erase, "DELETE FROM lost_hints WHERE destination=? AND first=?"},
      {lost_count,
       "SELECT coalesce(sum(min(last, ?) - first + 1), 0) FROM lost_hints"
       " WHERE destination=? AND first<=?"},
      {number_get, "SELECT value FROM numbers WHERE name=?"},
      {number_set, "INSERT OR REPLACE INTO numbers(name, value) VALUES(?,?)"},
  };
  for (const auto& entry : all) {
    if (!entry.statement.prepare(connection, entry.sql)) return false;
  }
  return true;
}

bool Store::Database::begin() {
  if (failed()) return false;
  if (in_transaction) return true;
  vfs.take_randomness();
  if (!begin_transaction.prepared()) begin_transaction.prepare(connection, "BEGIN IMMEDIATE");
  if (failed()) return false;
  Execution(begin_transaction).step();
  in_transaction = !failed();
  return in_transaction;
}

bool read_head(Execution& row, int first, RowHead& head) {
  const auto version = decode_version(row.bytes_at(first));
  const std::string_view id = row.bytes_at(first + 1);
  if (!version || id.size() != sizeof(EncodedId)) return false;
  head.version = *version;
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::memcpy(&high, id.data(), 8);
  std::memcpy(&low, id.data() + 8, 8);
  head.id = {__builtin_bswap64(high), __builtin_bswap64(low)};
  head.deleted = row.integer_at(first + 2) != 0;
  head.value_checksum = static_cast<std::uint64_t>(row.integer_at(first + 3));
  return true;
}

bool read_row(Execution& row, int first, Row& to) {
  RowHead head;
  if (!read_head(row, first, head)) return false;
  const std::string_view value = row.bytes_at(first + 4);
  if (hash64(value) != head.value_checksum) return false;
  to = {head.version, head.id, head.deleted, std::string(value)};
  return true;
}

EncodedId encode_id(OperationId id) {
  const std::uint64_t high = __builtin_bswap64(id.high);
  const std::uint64_t low = __builtin_bswap64(id.low);
  EncodedId bytes;
  std::memcpy(bytes.data(), &high, 8);
  std::memcpy(bytes.data() + 8, &low, 8);
  return bytes;
}

}  // namespace holdfast::node
