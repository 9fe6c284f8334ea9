// The hints of a store: those that wait, and a record of those that were lost.
#include <array>
#include <cstdint>

#include "node/base/hash.h"
#include "node/storage/database.h"

namespace holdfast::node {
namespace {

constexpr char kBadHint[] = "a hint is not as it was written";
constexpr char kExpired[] = "expired";
constexpr char kQuarantined[] = "quarantined";
constexpr const char* kDropReasonNames[kDropReasons] = {"operator_request", "destination_removed"};

std::int64_t signed_of(std::uint64_t number) { return static_cast<std::int64_t>(number); }
std::uint64_t unsigned_at(Execution& row, int column) {
  return static_cast<std::uint64_t>(row.integer_at(column));
}

// The columns that every query of hints starts with.
bool read_hint(Execution& row, NodeId destination, Hint& hint) {
  hint.destination = destination;
  hint.sequence = unsigned_at(row, 0);
  hint.stored_at = Duration(row.integer_at(1));
  hint.key = row.bytes_at(2);
  return read_row(row, 3, hint.row);
}

}  // namespace

std::uint64_t Store::add_hint(NodeId destination, std::string_view key, const Row& row,
                              Duration stored_at) {
  if (!database_->begin()) return 0;
  HintQueue& queue = queues_[destination];
  const std::uint64_t sequence = ++queue.last_sequence;
  database_->new_sequences.insert(destination);
  const EncodedVersion version = encode(row.version);
  const EncodedId id = encode_id(row.id);
  Execution(database_->hint_add)
      .integer(destination)
      .integer(signed_of(sequence))
      .integer(to_us(stored_at))
      .text(key)
      .blob(view_of(version))
      .blob(view_of(id))
      .integer(row.deleted ? 1 : 0)
      .integer(signed_of(hash64(row.value)))
      .blob(row.value)
      .run();
  ++queue.count;
  queue.bytes += key.size() + row.value.size();
  ++ledger_.created;
  return sequence;
}

std::vector<Hint> Store::hints(NodeId destination, std::uint64_t from, std::size_t max_count,
                               std::size_t max_bytes) {
  std::vector<Hint> result;
  std::size_t bytes = 0;
  Execution row(database_->hint_list);
  row.integer(destination).integer(signed_of(from));
  while (result.size() < max_count && row.step()) {
    Hint hint;
    if (!read_hint(row, destination, hint)) {
      database_->damaged(kBadHint);
      return {};
    }
    bytes += hint.key.size() + hint.row.value.size();
    if (bytes > max_bytes && !result.empty()) break;
    result.push_back(std::move(hint));
  }
  if (database_->failed()) result.clear();
  return result;
}

std::optional<Hint> Store::hint(NodeId destination, std::uint64_t sequence) {
  Execution row(database_->hint_get);
  if (!row.integer(destination).integer(signed_of(sequence)).step()) return std::nullopt;
  Hint hint;
  if (read_hint(row, destination, hint)) return hint;
  database_->damaged(kBadHint);
  return std::nullopt;
}

std::vector<Hint> Store::hints_of_key(std::string_view key) {
  std::vector<Hint> result;
  Execution row(database_->hint_of_key);
  row.text(key);
  while (row.step()) {
    Hint hint;
    if (!read_hint(row, static_cast<NodeId>(row.integer_at(8)), hint)) {
      database_->damaged(kBadHint);
      break;
    }
    result.push_back(std::move(hint));
  }
  if (database_->failed()) result.clear();
  return result;
}

// Takes a pending hint off its queue; false if there is none.
bool Store::leave_queue(NodeId destination, std::uint64_t sequence) {
  if (!database_->begin()) return false;
  Execution size(database_->hint_size);
  if (!size.integer(destination).integer(signed_of(sequence)).step()) return false;
  HintQueue& queue = queues_[destination];
  --queue.count;
  queue.bytes -= unsigned_at(size, 0);
  return true;
}

bool Store::end_hint(NodeId destination, std::uint64_t sequence) {
  if (!leave_queue(destination, sequence)) return false;
  Execution(database_->hint_erase).integer(destination).integer(signed_of(sequence)).run();
  return !database_->failed();
}

bool Store::deliver_hint(NodeId destination, std::uint64_t sequence) {
  if (!end_hint(destination, sequence)) return false;
  ++ledger_.delivered;
  return true;
}

bool Store::expire_hint(NodeId destination, std::uint64_t sequence) {
  if (!end_hint(destination, sequence)) return false;
  ++ledger_.expired;
  record_loss(destination, sequence, kExpired);
  return !database_->failed();
}

bool Store::drop_hint(NodeId destination, std::uint64_t sequence, DropReason reason) {
  if (!end_hint(destination, sequence)) return false;
  const auto index = static_cast<std::size_t>(reason);
  ++ledger_.dropped[index];
  record_loss(destination, sequence, kDropReasonNames[index]);
  return !database_->failed();
}

bool Store::quarantine_hint(NodeId destination, std::uint64_t sequence) {
  if (!leave_queue(destination, sequence)) return false;
  Execution(database_->hint_quarantine).integer(destination).integer(signed_of(sequence)).run();
  ++queues_[destination].quarantined;
  record_loss(destination, sequence, kQuarantined);
  return !database_->failed();
}

// Losses are kept as runs of neighbours lost for the same reason: hints mostly expire in order.
void Store::record_loss(NodeId destination, std::uint64_t sequence, std::string_view reason) {
  std::uint64_t first = sequence;
  std::uint64_t last = sequence;
  {
    Execution before(database_->lost_before);
    before.integer(destination).integer(signed_of(sequence));
    if (before.step() && unsigned_at(before, 1) + 1 == sequence && before.bytes_at(2) == reason) {
      first = unsigned_at(before, 0);
    }
  }
  bool joins_next = false;
  {
    Execution after(database_->lost_after);
    after.integer(destination).integer(signed_of(sequence + 1));
    if (after.step() && after.bytes_at(1) == reason) {
      last = unsigned_at(after, 0);
      joins_next = true;
    }
  }
  if (joins_next) {
    Execution(database_->lost_erase).integer(destination).integer(signed_of(sequence + 1)).run();
  }
  Execution(database_->lost_put)
      .integer(destination)
      .integer(signed_of(first))
      .integer(signed_of(last))
      .text(reason)
      .run();
}

std::uint64_t Store::lost_hints(NodeId destination, std::uint64_t up_to) {
  Execution count(database_->lost_count);
  count.integer(signed_of(up_to)).integer(destination).integer(signed_of(up_to));
  return count.step() ? unsigned_at(count, 0) : 0;
}

}  // namespace holdfast::node
