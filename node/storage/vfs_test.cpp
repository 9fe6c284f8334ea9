#include "node/storage/vfs.h"

#include <gtest/gtest.h>

#include <cstring>

#include "node/base/hash.h"
#include "node/storage/connection.h"
#include "node/storage/file_names.h"
#include "node/storage/memory_disk.h"
#include "node/storage/schema.h"

namespace holdfast::node {
namespace {

// A database made with the settings of a store.
struct Opened {
  explicit Opened(Disk& disk, std::uint64_t seed = 1)
      : vfs(disk, seed, failure), connection(failure) {
    if (!connection.open(kDatabaseName, vfs.name())) return;
    int reserve = static_cast<int>(kPageReserve);
    sqlite3_file_control(connection.handle(), "main", SQLITE_FCNTL_RESERVE_BYTES, &reserve);
    connection.run(kSettings);
  }
  bool run(const char* sql) { return connection.run(sql); }
  std::int64_t number(const char* sql) {
    Statement statement;
    if (!statement.prepare(connection, sql)) return -1;
    Execution row(statement);
    return row.step() ? row.integer_at(0) : -1;
  }

  Failure failure;
  Vfs vfs;
  Connection connection;
};

// Rows on about 20 pages, all of them in the database and none in the log.
void make_database(MemoryDisk& disk) {
  Opened db(disk);
  ASSERT_TRUE(
      db.run("CREATE TABLE t(a INTEGER PRIMARY KEY, b BLOB);"
             "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<200)"
             " INSERT INTO t SELECT i, zeroblob(300) FROM n;"
             "PRAGMA wal_checkpoint(TRUNCATE)"));
  ASSERT_EQ(disk.bytes(kLogName).size(), 0u);
}

TEST(Vfs, TakesTheSettings) {
  MemoryDisk disk;
  Opened db(disk);
  ASSERT_TRUE(db.run("CREATE TABLE t(a)"));
  EXPECT_EQ(db.number("SELECT journal_mode='wal' FROM pragma_journal_mode"), 1);
  EXPECT_EQ(db.number("SELECT locking_mode='exclusive' FROM pragma_locking_mode"), 1);
  EXPECT_EQ(db.number("PRAGMA page_size"), 4096);
  EXPECT_EQ(db.number("PRAGMA synchronous"), 1);
  EXPECT_EQ(db.number("PRAGMA temp_store"), 2);
  EXPECT_EQ(db.number("PRAGMA secure_delete"), 0);
  EXPECT_EQ(db.number("PRAGMA auto_vacuum"), 0);
  ASSERT_TRUE(db.run("PRAGMA wal_checkpoint(TRUNCATE)"));
  EXPECT_EQ(disk.bytes(kDatabaseName)[20], 8) << "reserved bytes a page";
}

TEST(Vfs, IsUnregisteredWithItsObject) {
  MemoryDisk disk;
  std::string name;
  {
    Failure failure;
    const Vfs vfs(disk, 1, failure);
    const Vfs other(disk, 1, failure);
    name = vfs.name();
    EXPECT_NE(name, other.name());
    EXPECT_NE(sqlite3_vfs_find(name.c_str()), nullptr);
  }
  EXPECT_EQ(sqlite3_vfs_find(name.c_str()), nullptr);
}

TEST(Vfs, StampIsTheHashOfThePage) {
  char page[kPageSize];
  for (std::size_t i = 0; i < kPageSize; ++i) page[i] = static_cast<char>(i * 7);
  stamp_page(page, 3);
  std::uint64_t stamp;
  std::memcpy(&stamp, page + kPageSize - kPageReserve, sizeof stamp);
  EXPECT_EQ(stamp, hash64({page, kPageSize - kPageReserve}, 3)) << "on every machine";
}

TEST(Vfs, StampsEveryPage) {
  MemoryDisk disk;
  make_database(disk);
  const std::string& bytes = disk.bytes(kDatabaseName);
  ASSERT_GT(bytes.size(), 10 * kPageSize);
  for (std::size_t at = 0; at < bytes.size(); at += kPageSize) {
    const char* page = bytes.data() + at;
    EXPECT_TRUE(is_sound_page(page, at / kPageSize + 1));
    EXPECT_FALSE(is_sound_page(page, at / kPageSize + 2));
    EXPECT_NE(std::string(page + kPageSize - kPageReserve, kPageReserve), std::string(8, '\0'));
  }
}

TEST(Vfs, NoticesADamagedPage) {
  MemoryDisk disk;
  make_database(disk);
  const std::size_t pages = disk.bytes(kDatabaseName).size() / kPageSize;
  for (std::size_t page = 1; page <= pages; ++page) {
    MemoryDisk damaged;
    DiskStatus status = DiskStatus::ok;
    std::string bytes = disk.bytes(kDatabaseName);
    bytes[page * kPageSize - 100] ^= 4;
    ASSERT_EQ(damaged.open(kDatabaseName, true, status)->write(0, bytes.data(), bytes.size()),
              DiskStatus::ok);
    Opened db(damaged);
    db.number("SELECT sum(a + length(b)) FROM t");
    if (!db.connection.failed()) db.number("SELECT count(hex(b)) FROM t");
    EXPECT_EQ(db.failure.status, StoreStatus::corrupt) << page;
    EXPECT_EQ(db.failure.detail,
              "node.db: page " + std::to_string(page) + " does not match its checksum");
  }
}

TEST(Vfs, NoticesAMisdirectedPage) {
  MemoryDisk disk;
  make_database(disk);
  std::string& bytes = disk.bytes(kDatabaseName);
  bytes.replace(4 * kPageSize, kPageSize, bytes.substr(5 * kPageSize, kPageSize));
  Opened db(disk);
  db.number("SELECT count(hex(b)) FROM t");
  EXPECT_EQ(db.failure.status, StoreStatus::corrupt);
}

TEST(Vfs, AcceptsPagesOfAnotherProgram) {
  MemoryDisk disk;
  make_database(disk);
  // What the sqlite3 shell leaves when it copies a page from our log: no stamp.
  std::string& bytes = disk.bytes(kDatabaseName);
  for (std::size_t end = kPageSize; end <= bytes.size(); end += kPageSize) {
    std::memset(bytes.data() + end - kPageReserve, 0, kPageReserve);
  }
  Opened db(disk);
  EXPECT_EQ(db.number("SELECT count(*) FROM t"), 200);
}

TEST(Vfs, LogCarriesNoStamps) {
  MemoryDisk disk;
  make_database(disk);
  Opened db(disk);
  ASSERT_TRUE(db.run("UPDATE t SET b=zeroblob(301)"));
  const std::string& log = disk.bytes(kLogName);
  ASSERT_GT(log.size(), 10 * kPageSize);
  for (std::size_t at = kLogHeaderSize; at < log.size(); at += kFrameHeaderSize + kPageSize) {
    const std::string frame = log.substr(at, kFrameHeaderSize + kPageSize);
    EXPECT_EQ(frame.substr(frame.size() - kPageReserve), std::string(kPageReserve, '\0'));
  }
}

TEST(Vfs, NoticesAFrameDamagedAfterItWasWritten) {
  MemoryDisk disk;
  make_database(disk);
  Opened db(disk);
  ASSERT_TRUE(db.run("UPDATE t SET b=zeroblob(301); PRAGMA shrink_memory"));
  disk.bytes(kLogName)[kLogHeaderSize + 3 * (kFrameHeaderSize + kPageSize) + 500] ^= 1;
  EXPECT_FALSE(db.run("PRAGMA wal_checkpoint"));
  EXPECT_EQ(db.failure.status, StoreStatus::corrupt);
  EXPECT_EQ(db.failure.detail, "node.db-wal: frame 4 does not match its checksum");
}

TEST(Vfs, RandomnessIsTheStoresOwn) {
  const auto salts = [](std::uint64_t seed, bool other_in_between) {
    MemoryDisk disk;
    Opened db(disk, seed);
    db.run("CREATE TABLE t(a)");
    if (other_in_between) {
      MemoryDisk other_disk;
      Opened other(other_disk, seed + 1);
      other.run("CREATE TABLE t(a)");
    }
    db.vfs.take_randomness();
    db.run("PRAGMA wal_checkpoint(RESTART); INSERT INTO t VALUES(1)");
    return disk.bytes(kLogName);
  };
  EXPECT_EQ(salts(1, false), salts(1, false));
  EXPECT_EQ(salts(1, false), salts(1, true));
  EXPECT_NE(salts(1, false), salts(2, false));
}

TEST(Vfs, TellsFailuresApart) {
  for (const auto& [disk_status, store_status] :
       {std::pair{DiskStatus::io_error, StoreStatus::io_error},
        std::pair{DiskStatus::full, StoreStatus::full}}) {
    MemoryDisk disk;
    make_database(disk);
    Opened db(disk);
    ASSERT_TRUE(db.run("INSERT INTO t VALUES(1000, 1)"));
    disk.fail_calls(1, 1000, disk_status);
    EXPECT_FALSE(db.run("INSERT INTO t VALUES(1001, 1)"));
    EXPECT_EQ(db.failure.status, store_status);
  }
}

}  // namespace
}  // namespace holdfast::node
