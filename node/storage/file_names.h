// The files of a store. SQLite derives the log's and the journal's names from the database's.
#pragma once

namespace holdfast::node {

inline constexpr char kDatabaseName[] = "node.db";
inline constexpr char kLogName[] = "node.db-wal";
inline constexpr char kJournalName[] = "node.db-journal";  // only while the database is made
inline constexpr char kMarkName[] = "node.db-synced";      // see synced_mark.h
// Damage was found while the store was open: the next open() sets the database aside. Holds what
// was wrong.
inline constexpr char kDamagedName[] = "node.db-damaged";
// A damaged database and its log, set aside. The sqlite3 shell opens the two together.
inline constexpr char kCorruptName[] = "node.db.corrupt";
inline constexpr char kCorruptLogName[] = "node.db.corrupt-wal";

}  // namespace holdfast::node
