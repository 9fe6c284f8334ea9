// A node's durable state: rows, hints for other nodes, the hint ledger and a few named numbers, in
// one SQLite database, so that rows, hints and counters change in one transaction.
//
// A transaction opens with the first change and ends with commit(). Errors are sticky: after the
// first failure every read returns nothing, every change is ignored, and commit() reports it. The
// driver then drops what the node wanted to send, destroys node and store, and opens the store
// again: nothing built on a failed change can leave the node. Single-threaded.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/base/result.h"
#include "node/storage/disk.h"
#include "node/storage/row.h"

namespace holdfast::node {

enum class StoreStatus : std::uint8_t {
  ok,
  io_error,
  full,     // no space left on the disk
  corrupt,  // a page's checksum does not match, or SQLite found the file malformed
};

// Why a hint that had been accepted was given up before its delivery.
enum class DropReason : std::uint8_t { operator_request, destination_removed };
inline constexpr std::size_t kDropReasons = 2;

// Counts of the hints of one store since it was created. Always, at any committed state:
// created = delivered + expired + dropped (all reasons) + quarantined + pending.
struct HintLedger {
  std::uint64_t created = 0;
  std::uint64_t delivered = 0;
  std::uint64_t expired = 0;
  std::array<std::uint64_t, kDropReasons> dropped{};

  bool operator==(const HintLedger&) const = default;
};

// What waits for one destination. Kept in memory, counted again from the rows at open.
struct HintQueue {
  std::uint64_t count = 0;  // pending ones
  std::uint64_t bytes = 0;  // keys and values of the pending ones
  std::uint64_t quarantined = 0;
  std::uint64_t last_sequence = 0;  // the highest ever given (persisted)
  Duration newest_at_open{0};       // when the newest pending one had been stored
};

struct OpenReport {
  bool created = false;            // there was no store: a new one, with a new incarnation
  bool lost_corrupt_file = false;  // a damaged one was renamed to "node.db.corrupt", a new one made
  std::string detail;              // what was wrong with the damaged one
};

// What a store may use. More makes writes cheaper, as long as rows do not fit the cache or are
// written again before a checkpoint: 60 % of the time of a put, with 100,000 rows of 150 bytes.
struct StoreSizes {
  std::uint32_t cache_kib;       // of pages
  std::uint32_t log_pages;       // in the log when a checkpoint begins
  std::uint32_t cached_row_kib;  // of rows
};
// Many stores in one process; a checkpoint is never far.
inline constexpr StoreSizes kSmallStore{2048, 1000, 64};
// A process of its own, on a disk whose syncs cost something.
inline constexpr StoreSizes kLargeStore{16384, 8000, 32768};

class Store {
 public:
  // Opens or creates the store on `disk`, which must outlive it. `incarnation` names a store made
  // now: a number no store of this node had before. A store found damaged (bad page checksum,
  // malformed), now or while it was last open, is set aside and a new one made, which the report
  // tells. An error only if the disk refuses. Cheap: it does not look at every page; scan_heads()
  // over everything does, and damage it meets is a status().
  static Result<std::unique_ptr<Store>> open(Disk& disk, std::uint64_t incarnation,
                                             OpenReport& report,
                                             const StoreSizes& sizes = kSmallStore);
  // Touches no disk: destroying a store is a crash.
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Rows. `token` is token_of(key); rows are kept in the order of (token, key).
  std::optional<RowHead> head(std::uint64_t token, std::string_view key);
  std::optional<Row> get(std::uint64_t token, std::string_view key);
  // Replaces whatever is there; merging is the caller's.
  void put(std::uint64_t token, std::string_view key, const Row& row);
  void erase(std::uint64_t token, std::string_view key);
  // Calls `visit` for rows with first <= token <= last, in order of (token, key), after `after_key`
  // of the token `first` if that is not empty, until it returns false. REQUIRES: first <= last, and
  // that `visit` changes nothing and scans nothing.
  using HeadVisitor =
      std::function<bool(std::uint64_t token, std::string_view key, const RowHead& head)>;
  void scan_heads(std::uint64_t first, std::uint64_t last, const HeadVisitor& visit);
  using RowVisitor = std::function<bool(std::uint64_t token, std::string_view key,
                                        const RowHead& head, std::string_view value)>;
  void scan(std::uint64_t first, std::string_view after_key, std::uint64_t last,
            const RowVisitor& visit);
  // Keys of tombstones whose version's clock is below `clock_us`, at most `limit`.
  std::vector<std::string> tombstones_before(std::int64_t clock_us, std::size_t limit);
  std::uint64_t count_rows();

  // Hints. Returns the new hint's sequence. Adds to queue and ledger.
  std::uint64_t add_hint(NodeId destination, std::string_view key, const Row& row,
                         Duration stored_at);
  // Pending hints of one destination in order of sequence, from `from` on: at most `max_count`,
  // stopping before the sum of keys and values exceeds `max_bytes`, but at least one.
  std::vector<Hint> hints(NodeId destination, std::uint64_t from, std::size_t max_count,
                          std::size_t max_bytes);
  // A pending hint.
  std::optional<Hint> hint(NodeId destination, std::uint64_t sequence);
  // Pending hints for any destination that concern one key (a fallback read; a Merkle tree never).
  std::vector<Hint> hints_of_key(std::string_view key);
  // Ends a pending hint. False (and nothing changed) if there is none of that sequence.
  bool deliver_hint(NodeId destination, std::uint64_t sequence);
  bool expire_hint(NodeId destination, std::uint64_t sequence);
  bool drop_hint(NodeId destination, std::uint64_t sequence, DropReason reason);
  // Sets a hint aside that its destination refuses for ever. It stays listed, is not delivered.
  bool quarantine_hint(NodeId destination, std::uint64_t sequence);
  // How many hints with a sequence <= `up_to` expired, were dropped or are quarantined.
  std::uint64_t lost_hints(NodeId destination, std::uint64_t up_to);

  const std::map<NodeId, HintQueue>& queues() const { return queues_; }
  const HintLedger& ledger() const { return ledger_; }

  // Named numbers. Names with the prefix "store." are the store's own.
  std::optional<std::int64_t> number(std::string_view name);
  void set_number(std::string_view name, std::int64_t value);

  // The number given to open() when this store was made: it changes when a disk is wiped.
  std::uint64_t incarnation() const { return incarnation_; }

  // Ends the transaction; its changes survive the process, not yet the power. Call it also when
  // nothing changed: it reports the sticky error. After a failure only destruction is left.
  StoreStatus commit();
  // Whether something committed (or checkpointed) is not yet durable.
  bool unsynced() const { return unsynced_; }
  // Syncs the write-ahead log: all that was committed survives a power loss.
  StoreStatus sync();

  StoreStatus status() const;
  const std::string& status_detail() const;

 private:
  struct Database;
  Store();

  bool open_database(Disk& disk, std::uint64_t incarnation, OpenReport& report);
  bool load_counts();
  void load_queues();
  void write_counts();

  bool leave_queue(NodeId destination, std::uint64_t sequence);
  bool end_hint(NodeId destination, std::uint64_t sequence);
  void record_loss(NodeId destination, std::uint64_t sequence, std::string_view reason);

  std::unique_ptr<Database> database_;
  std::map<NodeId, HintQueue> queues_;
  HintLedger ledger_;
  std::uint64_t incarnation_ = 0;
  bool unsynced_ = false;
};

}  // namespace holdfast::node
