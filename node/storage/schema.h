// The tables of a store, made to be read in the sqlite3 shell too (README.md describes them).
#pragma once

#include <cstdint>

namespace holdfast::node {

// Kept in the database's user_version; another number is another program's store.
inline constexpr std::int64_t kSchemaVersion = 1;

// For every connection, before anything is read. The page's reserved bytes come even before.
inline constexpr char kSettings[] =
    "PRAGMA page_size=4096;"
    "PRAGMA locking_mode=EXCLUSIVE;"
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=NORMAL;"
    "PRAGMA secure_delete=OFF;"
    "PRAGMA temp_store=MEMORY;";

inline constexpr char kTables[] =
    "CREATE TABLE rows(token INTEGER NOT NULL, key TEXT NOT NULL, version BLOB NOT NULL,"
    " id BLOB NOT NULL, deleted INTEGER NOT NULL, checksum INTEGER NOT NULL, value BLOB NOT NULL,"
    " PRIMARY KEY(token, key)) WITHOUT ROWID;"
    "CREATE INDEX tombstones ON rows(version) WHERE deleted;"
    "CREATE TABLE hints(destination INTEGER NOT NULL, sequence INTEGER NOT NULL,"
    " quarantined INTEGER NOT NULL, stored_at_us INTEGER NOT NULL, key TEXT NOT NULL,"
    " version BLOB NOT NULL, id BLOB NOT NULL, deleted INTEGER NOT NULL,"
    " checksum INTEGER NOT NULL, value BLOB NOT NULL,"
    " PRIMARY KEY(destination, sequence)) WITHOUT ROWID;"
    "CREATE INDEX hints_by_key ON hints(key);"
    "CREATE TABLE lost_hints(destination INTEGER NOT NULL, first INTEGER NOT NULL,"
    " last INTEGER NOT NULL, reason TEXT NOT NULL,"
    " PRIMARY KEY(destination, first)) WITHOUT ROWID;"
    "CREATE TABLE numbers(name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
    "PRAGMA user_version=1;";

}  // namespace holdfast::node
