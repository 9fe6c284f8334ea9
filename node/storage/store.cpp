#include "node/storage/store.h"

#include <utility>

#include "node/base/check.h"
#include "node/base/dcheck.h"
#include "node/storage/database.h"
#include "node/storage/file_names.h"
#include "node/storage/schema.h"
#include "node/storage/synced_mark.h"

namespace holdfast::node {
namespace {

// Names of numbers that are the store's own; set_number() takes no other with this prefix.
constexpr std::string_view kOwnPrefix = "store.";
constexpr char kIncarnation[] = "store.incarnation";

struct Counter {
  const char* name;
  std::uint64_t HintLedger::*count;
};
constexpr Counter kCounters[] = {
    {"store.hints_created", &HintLedger::created},
    {"store.hints_delivered", &HintLedger::delivered},
    {"store.hints_expired", &HintLedger::expired},
};
constexpr const char* kDropped[kDropReasons] = {"store.hints_dropped_operator_request",
                                                "store.hints_dropped_destination_removed"};

std::string sequence_name(NodeId destination) {
  return "store.last_sequence_" + node_name(destination);
}

void write_number(Statement& set, std::string_view name, std::uint64_t value) {
  Execution(set).text(name).integer(static_cast<std::int64_t>(value)).run();
}

std::optional<std::int64_t> read_number(Statement& get, std::string_view name) {
  Execution number(get);
  if (!number.text(name).step()) return std::nullopt;
  return number.integer_at(0);
}

// Moves a damaged database out of the way. The database first: without it the log is nothing, but
// without its log the database would be a sound old state.
bool set_aside(Disk& disk) {
  const auto gone = [](DiskStatus status) {
    return status == DiskStatus::ok || status == DiskStatus::not_found;
  };
  return gone(disk.rename(kDatabaseName, kCorruptName)) && gone(disk.remove(kJournalName)) &&
         gone(disk.remove(kMarkName)) &&
         (disk.exists(kLogName) ? gone(disk.rename(kLogName, kCorruptLogName))
                                : gone(disk.remove(kCorruptLogName))) &&
         gone(disk.remove(kDamagedName));
}

// What an earlier process found wrong while it had the store open.
std::optional<std::string> find_noted_damage(Disk& disk) {
  DiskStatus status = DiskStatus::ok;
  const std::unique_ptr<File> note = disk.open(kDamagedName, false, status);
  if (note == nullptr) return std::nullopt;
  std::string text(note->size(), '\0');
  std::size_t got = 0;
  if (note->read(0, text.data(), text.size(), got) != DiskStatus::ok) got = 0;
  text.resize(got);
  return "found while it was open: " + text;
}

}  // namespace

Store::Store() = default;
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(Disk& disk, std::uint64_t incarnation,
                                           OpenReport& report, const StoreSizes& sizes) {
  report = {};
  // A damaged store is set aside at the first attempt; the second then makes a new one.
  for (int attempt = 0; attempt < 2; ++attempt) {
    std::unique_ptr<Store> store(new Store);
    store->database_ = std::make_unique<Database>(disk, incarnation, sizes);
    if (store->open_database(disk, incarnation, report)) return store;
    const Failure failure = store->database_->failure;
    store.reset();
    if (failure.status != StoreStatus::corrupt) return fail(failure.detail);
    report.lost_corrupt_file = true;
    report.detail = failure.detail;
    if (!set_aside(disk)) return fail("cannot set the damaged store aside: " + failure.detail);
  }
  return fail("a store made just now is damaged: " + report.detail);
}

bool Store::open_database(Disk& disk, std::uint64_t incarnation, OpenReport& report) {
  Database& db = *database_;
  DiskStatus status = DiskStatus::ok;
  if (const auto damage = find_noted_damage(disk)) db.damaged(*damage);
  if (const auto damage = find_log_damage(disk, status)) db.damaged(*damage);
  if (status != DiskStatus::ok) db.failure.set(StoreStatus::io_error, "cannot read the log");
  if (db.failed() || !db.open()) return false;
  const bool exists = db.has_tables();
  if (db.failed()) return false;
  if (!exists && !db.create_tables()) return false;
  if (!db.prepare()) return false;
  if (!exists) {
    write_number(db.number_set, kIncarnation, incarnation);
    if (commit() != StoreStatus::ok || sync() != StoreStatus::ok) return false;
    disk.remove(kJournalName);  // empty by now
  }
  report.created = !exists;
  return load_counts();
}

bool Store::load_counts() {
  Database& db = *database_;
  const auto made = read_number(db.number_get, kIncarnation);
  if (!made) db.damaged("the store has no incarnation");
  if (db.failed()) return false;
  incarnation_ = static_cast<std::uint64_t>(*made);
  const auto load = [&](const char* name) {
    return static_cast<std::uint64_t>(read_number(db.number_get, name).value_or(0));
  };
  for (const Counter& counter : kCounters) ledger_.*counter.count = load(counter.name);
  for (std::size_t i = 0; i < kDropReasons; ++i) ledger_.dropped[i] = load(kDropped[i]);
  db.ledger_written = ledger_;
  load_queues();
  unsynced_ = db.vfs.unsynced();
  return !db.failed();
}

void Store::load_queues() {
  Database& db = *database_;
  Statement last;
  last.prepare(db.connection,
               "SELECT substr(name, 21), value FROM numbers"
               " WHERE name>='store.last_sequence_n' AND name<'store.last_sequence_o'");
  if (db.failed()) return;
  Execution sequence(last);
  while (sequence.step()) {
    const auto node = parse_node_name(sequence.bytes_at(0));
    if (!node) return db.damaged("a last sequence names no node");
    queues_[*node].last_sequence = static_cast<std::uint64_t>(sequence.integer_at(1));
  }
  Statement sums;
  sums.prepare(db.connection,
               "SELECT destination, quarantined, count(*),"
               " sum(length(CAST(key AS BLOB)) + length(value)), max(stored_at_us)"
               " FROM hints GROUP BY destination, quarantined");
  if (db.failed()) return;
  Execution sum(sums);
  while (sum.step()) {
    HintQueue& queue = queues_[static_cast<NodeId>(sum.integer_at(0))];
    const auto count = static_cast<std::uint64_t>(sum.integer_at(2));
    if (sum.integer_at(1) != 0) {
      queue.quarantined = count;
    } else {
      queue.count = count;
      queue.bytes = static_cast<std::uint64_t>(sum.integer_at(3));
      queue.newest_at_open = Duration(sum.integer_at(4));
    }
  }
}

void Store::write_counts() {
  Database& db = *database_;
  for (const Counter& counter : kCounters) {
    const std::uint64_t value = ledger_.*counter.count;
    if (value == db.ledger_written.*counter.count) continue;
    write_number(db.number_set, counter.name, value);
  }
  for (std::size_t i = 0; i < kDropReasons; ++i) {
    if (ledger_.dropped[i] == db.ledger_written.dropped[i]) continue;
    write_number(db.number_set, kDropped[i], ledger_.dropped[i]);
  }
  db.ledger_written = ledger_;
  for (const NodeId destination : db.new_sequences) {
    write_number(db.number_set, sequence_name(destination), queues_[destination].last_sequence);
  }
  db.new_sequences.clear();
}

std::optional<std::int64_t> Store::number(std::string_view name) {
  return read_number(database_->number_get, name);
}

void Store::set_number(std::string_view name, std::int64_t value) {
  CHECK(!name.starts_with(kOwnPrefix));
  if (!database_->begin()) return;
  Execution(database_->number_set).text(name).integer(value).run();
}

StoreStatus Store::commit() {
  Database& db = *database_;
  if (db.in_transaction && !db.failed()) {
    [[maybe_unused]] const auto is_exact = [this] {
      std::uint64_t ended = ledger_.delivered + ledger_.expired;
      for (const std::uint64_t dropped : ledger_.dropped) ended += dropped;
      for (const auto& [destination, queue] : queues_) ended += queue.count + queue.quarantined;
      return ledger_.created == ended;
    };
    DCHECK(is_exact());
    write_counts();
    Execution(db.commit_transaction).step();
    db.in_transaction = false;
    unsynced_ = db.vfs.unsynced();
  }
  db.note_damage();
  return status();
}

StoreStatus Store::sync() {
  Database& db = *database_;
  CHECK(!db.in_transaction || db.failed());
  if (!db.failed() && db.vfs.sync_log()) unsynced_ = false;
  return status();
}

StoreStatus Store::status() const { return database_->failure.status; }

const std::string& Store::status_detail() const { return database_->failure.detail; }

}  // namespace holdfast::node
