#include "node/storage/store.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "node/base/hash.h"
#include "node/base/random.h"
#include "node/storage/file_names.h"
#include "node/storage/memory_disk.h"

namespace holdfast::node {
namespace {

std::unique_ptr<Store> open_store(Disk& disk, std::uint64_t incarnation = 7) {
  OpenReport report;
  auto store = Store::open(disk, incarnation, report);
  EXPECT_TRUE(store.has_value());
  return store.has_value() ? std::move(*store) : nullptr;
}

Row row_of(std::int64_t clock, std::string value, bool deleted = false) {
  return {{clock, 2, 3, 4}, {5, static_cast<std::uint64_t>(clock)}, deleted, deleted ? "" : value};
}

std::uint64_t sum(const HintLedger& ledger) {
  std::uint64_t ended = ledger.delivered + ledger.expired;
  for (const std::uint64_t count : ledger.dropped) ended += count;
  return ended;
}

class StoreTest : public testing::Test {
 protected:
  void reopen() {
    store_.reset();
    store_ = open_store(disk_);
    ASSERT_NE(store_, nullptr);
  }
  void commit_and_reopen() {
    ASSERT_EQ(store_->commit(), StoreStatus::ok);
    reopen();
  }
  std::vector<std::string> scan_heads(std::uint64_t first, std::uint64_t last) {
    std::vector<std::string> keys;
    store_->scan_heads(first, last, [&](std::uint64_t, std::string_view key, const RowHead&) {
      keys.emplace_back(key);
      return true;
    });
    return keys;
  }
  std::vector<std::string> scan(std::uint64_t first, std::string_view after, std::uint64_t last) {
    std::vector<std::string> keys;
    store_->scan(first, after, last,
                 [&](std::uint64_t, std::string_view key, const RowHead&, std::string_view) {
                   keys.emplace_back(key);
                   return true;
                 });
    return keys;
  }
  std::vector<std::uint64_t> sequences(NodeId destination, std::uint64_t from = 0,
                                       std::size_t max_count = 100,
                                       std::size_t max_bytes = 1 << 20) {
    std::vector<std::uint64_t> result;
    for (const Hint& hint : store_->hints(destination, from, max_count, max_bytes)) {
      EXPECT_EQ(hint.destination, destination);
      result.push_back(hint.sequence);
    }
    return result;
  }

  MemoryDisk disk_;
  std::unique_ptr<Store> store_ = open_store(disk_);
};

using Keys = std::vector<std::string>;
using Sequences = std::vector<std::uint64_t>;

TEST_F(StoreTest, TellsWhetherItWasMade) {
  MemoryDisk disk;
  OpenReport report;
  ASSERT_EQ((*Store::open(disk, 11, report))->incarnation(), 11u);
  EXPECT_TRUE(report.created);
  EXPECT_FALSE(report.lost_corrupt_file);
  ASSERT_EQ((*Store::open(disk, 12, report))->incarnation(), 11u);
  EXPECT_FALSE(report.created);
  EXPECT_FALSE(report.lost_corrupt_file);
  EXPECT_FALSE(disk.exists(kJournalName));
}

TEST_F(StoreTest, GetsWhatWasPut) {
  const std::string bytes("\0\xff\x80 bytes", 9);
  const Row row = row_of(100, bytes);
  store_->put(1, bytes, row);
  for (int reopened = 0; reopened < 2; ++reopened) {
    EXPECT_EQ(store_->get(1, bytes), row);
    const auto head = store_->head(1, bytes);
    ASSERT_TRUE(head);
    EXPECT_EQ(head->version, row.version);
    EXPECT_EQ(head->id, row.id);
    EXPECT_FALSE(head->deleted);
    EXPECT_EQ(head->value_checksum, hash64(bytes));
    EXPECT_FALSE(store_->head(2, bytes));
    EXPECT_FALSE(store_->get(1, "other"));
    commit_and_reopen();
  }
}

TEST_F(StoreTest, KeepsEmptyAndLargeThings) {
  const Row empty = row_of(1, "");
  const Row large = row_of(2, std::string(1 << 20, 'v'));
  const std::string large_key(1024, 'k');
  store_->put(1, "", empty);
  store_->put(1, large_key, large);
  commit_and_reopen();
  EXPECT_EQ(store_->get(1, ""), empty);
  EXPECT_EQ(store_->get(1, large_key), large);
  EXPECT_EQ(scan(1, "", 1), (Keys{"", large_key}));
  EXPECT_EQ(scan(1, large_key, 1), Keys{});
}

TEST_F(StoreTest, PutReplacesAndEraseRemoves) {
  store_->put(1, "a", row_of(5, "old"));
  store_->put(1, "a", row_of(4, "lower"));
  EXPECT_EQ(store_->get(1, "a"), row_of(4, "lower"));
  EXPECT_EQ(store_->count_rows(), 1u);
  store_->put(1, "a", row_of(6, "", true));
  EXPECT_TRUE(store_->head(1, "a")->deleted);
  store_->erase(1, "a");
  store_->erase(1, "never there");
  commit_and_reopen();
  EXPECT_FALSE(store_->head(1, "a"));
  EXPECT_EQ(store_->count_rows(), 0u);
}

TEST_F(StoreTest, ScansInTheOrderOfUnsignedTokens) {
  const std::uint64_t half = std::uint64_t{1} << 63;
  store_->put(UINT64_MAX, "last", row_of(1, "5"));
  store_->put(half, "b", row_of(1, "4"));
  store_->put(half, "a", row_of(1, "3"));
  store_->put(half - 1, "c", row_of(1, "2"));
  store_->put(0, "first", row_of(1, "1"));
  const Keys all{"first", "c", "a", "b", "last"};
  EXPECT_EQ(scan_heads(0, UINT64_MAX), all);
  EXPECT_EQ(scan(0, "", UINT64_MAX), all);
  EXPECT_EQ(scan_heads(half, half), (Keys{"a", "b"}));
  EXPECT_EQ(scan_heads(half - 1, half), (Keys{"c", "a", "b"}));
  EXPECT_EQ(scan_heads(1, half - 2), Keys{});
  EXPECT_EQ(scan(half, "a", UINT64_MAX), (Keys{"b", "last"}));
  EXPECT_EQ(scan(half, "aa", half), Keys{"b"});
  EXPECT_EQ(scan(half, "b", half), Keys{});
}

TEST_F(StoreTest, ScanStopsWhenToldAndGivesEverything) {
  for (int i = 0; i < 10; ++i) store_->put(7, std::string(1, 'a' + i), row_of(i + 1, "v"));
  int seen = 0;
  store_->scan_heads(0, UINT64_MAX,
                     [&](std::uint64_t token, std::string_view key, const RowHead& head) {
                       EXPECT_EQ(token, 7u);
                       EXPECT_EQ(head.version, row_of(key[0] - 'a' + 1, "").version);
                       EXPECT_EQ(head.value_checksum, hash64("v"));
                       return ++seen < 3;
                     });
  EXPECT_EQ(seen, 3);
  seen = 0;
  store_->scan(0, "", UINT64_MAX,
               [&](std::uint64_t, std::string_view, const RowHead& head, std::string_view value) {
                 EXPECT_EQ(value, "v");
                 EXPECT_TRUE(head.id.is_set());
                 return ++seen < 4;
               });
  EXPECT_EQ(seen, 4);
}

TEST_F(StoreTest, FindsOldTombstones) {
  store_->put(1, "a", row_of(30, "", true));
  store_->put(2, "b", row_of(10, "", true));
  store_->put(3, "c", row_of(20, "", true));
  store_->put(4, "d", row_of(1, "lives"));
  EXPECT_EQ(store_->tombstones_before(30, 10), (Keys{"b", "c"}));
  EXPECT_EQ(store_->tombstones_before(31, 2), (Keys{"b", "c"}));
  EXPECT_EQ(store_->tombstones_before(10, 10), Keys{});
  EXPECT_EQ(store_->tombstones_before(-5, 10), Keys{});
  store_->put(2, "b", row_of(40, "again"));
  store_->erase(3, "c");
  EXPECT_EQ(store_->tombstones_before(1000, 10), Keys{"a"});
}

TEST_F(StoreTest, ListsHintsInPages) {
  for (int i = 1; i <= 5; ++i) {
    EXPECT_EQ(store_->add_hint(2, "key", row_of(i, "12345"), Duration(i)),
              static_cast<std::uint64_t>(i));
  }
  EXPECT_EQ(store_->add_hint(3, "other", row_of(9, "", true), Duration(0)), 1u);
  for (int reopened = 0; reopened < 2; ++reopened) {
    EXPECT_EQ(sequences(2), (Sequences{1, 2, 3, 4, 5}));
    EXPECT_EQ(sequences(2, 4), (Sequences{4, 5}));
    EXPECT_EQ(sequences(2, 0, 2), (Sequences{1, 2}));
    EXPECT_EQ(sequences(2, 0, 0), Sequences{});
    EXPECT_EQ(sequences(2, 2, 100, 16), (Sequences{2, 3})) << "two of 8 bytes each";
    EXPECT_EQ(sequences(2, 2, 100, 15), Sequences{2});
    EXPECT_EQ(sequences(2, 2, 100, 0), Sequences{2}) << "at least one";
    EXPECT_EQ(sequences(4), Sequences{});
    const auto hint = store_->hint(2, 3);
    ASSERT_TRUE(hint);
    EXPECT_EQ(hint->key, "key");
    EXPECT_EQ(hint->row, row_of(3, "12345"));
    EXPECT_EQ(hint->stored_at, Duration(3));
    EXPECT_FALSE(store_->hint(2, 6));
    EXPECT_EQ(store_->queues().at(2).count, 5u);
    EXPECT_EQ(store_->queues().at(2).bytes, 40u);
    EXPECT_EQ(store_->queues().at(2).last_sequence, 5u);
    EXPECT_EQ(store_->queues().at(3).bytes, 5u);
    commit_and_reopen();
  }
}

TEST_F(StoreTest, FindsHintsOfAKey) {
  store_->add_hint(3, "a", row_of(1, "x"), Duration(0));
  store_->add_hint(2, "a", row_of(2, "y"), Duration(0));
  store_->add_hint(2, "b", row_of(3, "z"), Duration(0));
  store_->add_hint(2, "a", row_of(4, "w"), Duration(0));
  store_->quarantine_hint(2, 1);
  const auto found = store_->hints_of_key("a");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].destination, 2);
  EXPECT_EQ(found[0].row, row_of(4, "w"));
  EXPECT_EQ(found[1].destination, 3);
  EXPECT_EQ(found[1].sequence, 1u);
  EXPECT_TRUE(store_->hints_of_key("c").empty());
}

TEST_F(StoreTest, EndsEachHintOnce) {
  for (int i = 1; i <= 6; ++i) store_->add_hint(2, "k", row_of(i, "123"), Duration(0));
  EXPECT_TRUE(store_->deliver_hint(2, 1));
  EXPECT_TRUE(store_->expire_hint(2, 2));
  EXPECT_TRUE(store_->drop_hint(2, 3, DropReason::operator_request));
  EXPECT_TRUE(store_->drop_hint(2, 4, DropReason::destination_removed));
  EXPECT_TRUE(store_->quarantine_hint(2, 5));
  for (int reopened = 0; reopened < 2; ++reopened) {
    for (const std::uint64_t gone : {1, 2, 3, 4, 5, 7}) {
      EXPECT_FALSE(store_->hint(2, gone));
      EXPECT_FALSE(store_->deliver_hint(2, gone));
      EXPECT_FALSE(store_->expire_hint(2, gone));
      EXPECT_FALSE(store_->drop_hint(2, gone, DropReason::operator_request));
      EXPECT_FALSE(store_->quarantine_hint(2, gone));
    }
    EXPECT_EQ(sequences(2), Sequences{6});
    const HintLedger expected{6, 1, 1, {1, 1}};
    EXPECT_EQ(store_->ledger(), expected);
    const HintQueue& queue = store_->queues().at(2);
    EXPECT_EQ(queue.count, 1u);
    EXPECT_EQ(queue.bytes, 4u);
    EXPECT_EQ(queue.quarantined, 1u);
    EXPECT_EQ(queue.last_sequence, 6u);
    EXPECT_EQ(store_->ledger().created, sum(store_->ledger()) + queue.count + queue.quarantined);
    EXPECT_EQ(store_->lost_hints(2, 6), 4u);
    commit_and_reopen();
  }
}

TEST_F(StoreTest, NeverGivesASequenceTwice) {
  store_->add_hint(2, "k", row_of(1, "v"), Duration(0));
  store_->add_hint(2, "k", row_of(2, "v"), Duration(0));
  EXPECT_TRUE(store_->deliver_hint(2, 1));
  EXPECT_TRUE(store_->deliver_hint(2, 2));
  commit_and_reopen();
  EXPECT_EQ(store_->queues().at(2).last_sequence, 2u);
  EXPECT_EQ(store_->add_hint(2, "k", row_of(3, "v"), Duration(0)), 3u);
}

TEST_F(StoreTest, CountsLostHintsUpToASequence) {
  for (int i = 1; i <= 20; ++i) store_->add_hint(2, "k", row_of(i, "v"), Duration(0));
  // Out of order, with gaps, joining on both sides, and with other reasons next to each other.
  for (const std::uint64_t lost : {5, 7, 6, 4, 1, 12, 13}) store_->expire_hint(2, lost);
  store_->drop_hint(2, 8, DropReason::operator_request);
  store_->drop_hint(2, 9, DropReason::destination_removed);
  store_->quarantine_hint(2, 14);
  store_->deliver_hint(2, 2);
  const std::set<std::uint64_t> lost{1, 4, 5, 6, 7, 8, 9, 12, 13, 14};
  for (int reopened = 0; reopened < 2; ++reopened) {
    for (std::uint64_t up_to = 0; up_to <= 21; ++up_to) {
      const auto expected = std::distance(lost.begin(), lost.upper_bound(up_to));
      EXPECT_EQ(store_->lost_hints(2, up_to), static_cast<std::uint64_t>(expected)) << up_to;
    }
    EXPECT_EQ(store_->lost_hints(2, UINT64_MAX >> 1), lost.size());
    EXPECT_EQ(store_->lost_hints(3, 100), 0u);
    commit_and_reopen();
  }
}

TEST_F(StoreTest, KeepsNumbers) {
  EXPECT_FALSE(store_->number("clock"));
  store_->set_number("clock", INT64_MAX);
  store_->set_number("low", INT64_MIN);
  store_->set_number("clock", -3);
  commit_and_reopen();
  EXPECT_EQ(store_->number("clock"), -3);
  EXPECT_EQ(store_->number("low"), INT64_MIN);
}

TEST_F(StoreTest, ForgetsWhatWasNotCommitted) {
  store_->put(1, "a", row_of(1, "kept"));
  ASSERT_EQ(store_->commit(), StoreStatus::ok);
  store_->put(1, "a", row_of(2, "forgotten"));
  store_->add_hint(2, "a", row_of(2, "forgotten"), Duration(0));
  store_->set_number("n", 1);
  reopen();
  EXPECT_EQ(store_->get(1, "a"), row_of(1, "kept"));
  EXPECT_EQ(store_->ledger(), HintLedger{});
  EXPECT_TRUE(store_->hints_of_key("a").empty());
  EXPECT_FALSE(store_->number("n"));
  EXPECT_EQ(store_->add_hint(2, "a", row_of(3, "v"), Duration(0)), 1u);
}

TEST_F(StoreTest, KnowsWhatIsNotDurable) {
  EXPECT_FALSE(store_->unsynced());
  EXPECT_EQ(store_->commit(), StoreStatus::ok);
  EXPECT_FALSE(store_->unsynced()) << "nothing changed";
  store_->put(1, "a", row_of(1, "v"));
  EXPECT_EQ(store_->commit(), StoreStatus::ok);
  EXPECT_TRUE(store_->unsynced());
  reopen();
  EXPECT_TRUE(store_->unsynced()) << "the last process may have died before its sync";
  EXPECT_EQ(store_->sync(), StoreStatus::ok);
  EXPECT_FALSE(store_->unsynced());
}

TEST_F(StoreTest, DestructionTouchesNoDisk) {
  store_->put(1, "a", row_of(1, "v"));
  ASSERT_EQ(store_->commit(), StoreStatus::ok);
  store_->put(1, "a", row_of(2, "w"));
  const std::uint64_t calls = disk_.calls();
  store_.reset();
  EXPECT_EQ(disk_.calls(), calls);
}

TEST_F(StoreTest, FilesAreTheSameWhateverOtherStoresDo) {
  const auto files = [](bool others) {
    MemoryDisk disk;
    const auto store = open_store(disk, 5);
    MemoryDisk other_disk;
    std::unique_ptr<Store> other;
    for (int i = 0; i < 1500; ++i) {
      store->put(mix64(i), "k", row_of(i + 1, "v"));
      EXPECT_EQ(store->commit(), StoreStatus::ok);
      if (!others) continue;
      if (i % 500 == 0) other = open_store(other_disk, i);
      other->put(mix64(i), "k", row_of(i + 1, "v"));
      EXPECT_EQ(other->commit(), StoreStatus::ok);
    }
    return disk.bytes(kDatabaseName) + disk.bytes(kLogName);
  };
  const bool same = files(false) == files(true);
  EXPECT_TRUE(same);
}

TEST_F(StoreTest, IsReadableWithoutTheVfs) {
  store_->put(UINT64_MAX, "k1", row_of(1, "one"));
  store_->put(0, "k0", row_of(2, "zero"));
  store_->add_hint(4, "k1", row_of(3, "three"), Duration(9));
  ASSERT_EQ(store_->commit(), StoreStatus::ok);
  store_.reset();
  const auto folder = std::filesystem::path(testing::TempDir()) / "holdfast-store-test";
  std::filesystem::create_directories(folder);
  const auto copy = [&](bool back, const char* name) {
    const std::string path = folder / name;
    if (back && std::filesystem::exists(path)) {
      std::ifstream file(path, std::ios::binary);
      disk_.bytes(name) = std::string(std::istreambuf_iterator<char>(file), {});
    } else if (back) {
      disk_.remove(name);
    } else {
      std::ofstream(path, std::ios::binary) << disk_.bytes(name);
    }
  };
  copy(false, kDatabaseName);
  copy(false, kLogName);
  sqlite3* plain = nullptr;
  ASSERT_EQ(
      sqlite3_open_v2((folder / kDatabaseName).c_str(), &plain, SQLITE_OPEN_READWRITE, "unix"),
      SQLITE_OK);
  std::string seen;
  const auto collect = [](void* to, int columns, char** values, char**) {
    for (int i = 0; i < columns; ++i)
      *static_cast<std::string*>(to) += std::string(values[i]) + " ";
    return 0;
  };
  EXPECT_EQ(sqlite3_exec(plain,
                         "SELECT key, value FROM rows ORDER BY token;"
                         "SELECT destination, sequence, value FROM hints; PRAGMA integrity_check;"
                         "UPDATE rows SET value='ONE', checksum=0 WHERE key='k1'",
                         collect, &seen, nullptr),
            SQLITE_OK);
  EXPECT_EQ(seen, "k0 zero k1 one 4 1 three ok ");
  // The shell checkpoints when it closes: pages of ours and of its own, none of them stamped.
  EXPECT_EQ(sqlite3_close(plain), SQLITE_OK);
  copy(true, kDatabaseName);
  copy(true, kLogName);
  reopen();
  EXPECT_EQ(store_->get(0, "k0"), row_of(2, "zero"));
  EXPECT_EQ(sequences(4), Sequences{1});
  EXPECT_EQ(store_->status(), StoreStatus::ok);
  EXPECT_FALSE(store_->get(UINT64_MAX, "k1")) << "its checksum was not kept up";
  EXPECT_EQ(store_->status(), StoreStatus::corrupt);
  std::filesystem::remove_all(folder);
}

// Room for no row, for some of them, and for all: what is read is what was written last.
TEST(CachedRows, AreWhatIsStored) {
  for (const std::uint32_t kib : {0U, 4U, 1000U}) {
    MemoryDisk disk;
    OpenReport report;
    auto opened = Store::open(disk, 1, report, {2048, 1000, kib});
    Store& store = **opened;
    std::map<std::uint64_t, Row> expected;
    Random random(kib);
    for (int step = 1; step < 5000; ++step) {
      const std::uint64_t number = random.below(50);
      const std::string key = "k" + std::to_string(number);
      if (random.chance(1, 10)) {
        store.erase(mix64(number), key);
        expected.erase(number);
      } else if (random.chance(1, 2)) {
        const bool large = random.chance(1, 10);
        const Row row = row_of(step, std::string(large ? 2000 : 10, 'x'), random.chance(1, 10));
        store.put(mix64(number), key, row);
        expected[number] = row;
      }
      const std::uint64_t other = random.below(50);
      const std::string other_key = "k" + std::to_string(other);
      const auto found = expected.find(other);
      const auto head = store.head(mix64(other), other_key);
      ASSERT_EQ(head.has_value(), found != expected.end());
      if (head) {
        ASSERT_EQ(head->version, found->second.version);
        ASSERT_EQ(head->deleted, found->second.deleted);
        ASSERT_EQ(head->value_checksum, hash64(found->second.value));
      }
      const auto row = store.get(mix64(other), other_key);
      ASSERT_EQ(row.has_value(), head.has_value());
      if (row) {
        ASSERT_EQ(*row, found->second);
      }
      // Another key of the same token.
      ASSERT_FALSE(store.get(mix64(other), other_key + "'"));
    }
    ASSERT_EQ(store.commit(), StoreStatus::ok);
  }
}

TEST_F(StoreTest, ACommitReachesTheDiskInOneWrite) {
  for (int i = 0; i < 100; ++i) {
    store_->put(mix64(i), "k" + std::to_string(i), row_of(1, std::string(1000, 'x')));
  }
  ASSERT_EQ(store_->commit(), StoreStatus::ok);
  const std::uint64_t before = disk_.calls();
  const std::size_t log = disk_.bytes(kLogName).size();
  for (int i = 0; i < 100; i += 7) {
    store_->put(mix64(i), "k" + std::to_string(i), row_of(2, std::string(1000, 'y')));
  }
  ASSERT_EQ(store_->commit(), StoreStatus::ok);
  EXPECT_GT(disk_.bytes(kLogName).size(), log + 40000);
  EXPECT_EQ(disk_.calls(), before + 1);
}

// Pages then go to the log before the end of the transaction, again and again; the checksums of
// their frames are written anew at its end.
TEST_F(StoreTest, ATransactionLargerThanTheCacheSurvivesTheProcess) {
  constexpr int kRows = 500;
  store_.reset();
  OpenReport report;
  store_ = std::move(
      *Store::open(disk_, 7, report, {.cache_kib = 100, .log_pages = 100000, .cached_row_kib = 1}));
  for (int pass = 1; pass <= 3; ++pass) {
    for (int i = 0; i < kRows; ++i) {
      store_->put(mix64(i), "k" + std::to_string(i), row_of(pass, std::string(3000, 'x')));
    }
  }
  commit_and_reopen();
  ASSERT_EQ(store_->count_rows(), kRows);
  for (int i = 0; i < kRows; ++i) {
    ASSERT_EQ(store_->get(mix64(i), "k" + std::to_string(i)), row_of(3, std::string(3000, 'x')));
  }
}

TEST_F(StoreTest, TheLogGrowsAsFarAsItMay) {
  const auto longest_log = [](const StoreSizes& sizes) {
    MemoryDisk disk;
    OpenReport report;
    const auto store = Store::open(disk, 1, report, sizes);
    for (int i = 0; i < 10000; ++i) {
      (*store)->put(mix64(i % 100), "k" + std::to_string(i % 100), row_of(i + 1, "value"));
      EXPECT_EQ((*store)->commit(), StoreStatus::ok);
    }
    return disk.bytes(kLogName).size() / 4096;
  };
  EXPECT_NEAR(static_cast<double>(longest_log(kSmallStore)), kSmallStore.log_pages, 100);
  EXPECT_NEAR(static_cast<double>(longest_log(kLargeStore)), kLargeStore.log_pages, 100);
}

}  // namespace
}  // namespace holdfast::node
