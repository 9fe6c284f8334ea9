// The rows of a store.
#include <cstdint>

#include "node/base/check.h"
#include "node/base/hash.h"
#include "node/storage/database.h"

namespace holdfast::node {
namespace {

constexpr char kBadRow[] = "a row is not as it was written";

}  // namespace

std::optional<RowHead> Store::head(std::uint64_t token, std::string_view key) {
  if (database_->failed()) return std::nullopt;
  if (const auto* known = database_->row_cache.find(token, key)) return known->head();
  Execution row(database_->row_head);
  if (!row.integer(stored_token(token)).text(key).step()) {
    if (!database_->failed()) database_->row_cache.keep_absent(token, key);
    return std::nullopt;
  }
  RowHead head;
  if (read_head(row, 0, head)) return head;
  database_->damaged(kBadRow);
  return std::nullopt;
}

std::optional<Row> Store::get(std::uint64_t token, std::string_view key) {
  if (database_->failed()) return std::nullopt;
  if (const auto* known = database_->row_cache.find(token, key)) return known->row;
  Execution row(database_->row_get);
  if (!row.integer(stored_token(token)).text(key).step()) {
    if (!database_->failed()) database_->row_cache.keep_absent(token, key);
    return std::nullopt;
  }
  Row result;
  if (!read_row(row, 0, result)) {
    database_->damaged(kBadRow);
    return std::nullopt;
  }
  database_->row_cache.keep(token, key, result, hash64(result.value));
  return result;
}

void Store::put(std::uint64_t token, std::string_view key, const Row& row) {
  if (!database_->begin()) return;
  const EncodedVersion version = encode(row.version);
  const EncodedId id = encode_id(row.id);
  const std::uint64_t checksum = hash64(row.value);
  database_->row_cache.keep(token, key, row, checksum);
  Execution(database_->row_put)
      .integer(stored_token(token))
      .text(key)
      .blob(view_of(version))
      .blob(view_of(id))
      .integer(row.deleted ? 1 : 0)
      .integer(static_cast<std::int64_t>(checksum))
      .blob(row.value)
      .run();
}

void Store::erase(std::uint64_t token, std::string_view key) {
  if (!database_->begin()) return;
  database_->row_cache.keep_absent(token, key);
  Execution(database_->row_erase).integer(stored_token(token)).text(key).run();
}

void Store::scan_heads(std::uint64_t first, std::uint64_t last, const HeadVisitor& visit) {
  CHECK(first <= last);
  Execution row(database_->row_scan_heads);
  row.integer(stored_token(first)).integer(stored_token(last));
  while (row.step()) {
    RowHead head;
    if (!read_head(row, 2, head)) return database_->damaged(kBadRow);
    if (!visit(token_at(row, 0), row.bytes_at(1), head)) return;
  }
}

void Store::scan(std::uint64_t first, std::string_view after_key, std::uint64_t last,
                 const RowVisitor& visit) {
  CHECK(first <= last);
  Execution row(database_->row_scan);
  row.integer(stored_token(first)).text(after_key).integer(stored_token(last));
  while (row.step()) {
    const std::uint64_t token = token_at(row, 0);
    const std::string_view key = row.bytes_at(1);
    if (!after_key.empty() && token == first && key == after_key) continue;
    RowHead head;
    const std::string_view value = row.bytes_at(6);
    if (!read_head(row, 2, head) || hash64(value) != head.value_checksum) {
      return database_->damaged(kBadRow);
    }
    if (!visit(token, key, head, value)) return;
  }
}

std::vector<std::string> Store::tombstones_before(std::int64_t clock_us, std::size_t limit) {
  std::vector<std::string> keys;
  if (clock_us <= 0) return keys;
  const EncodedVersion version = encode(Version{.clock_us = clock_us});
  Execution row(database_->row_tombstones);
  row.blob(view_of(version)).integer(static_cast<std::int64_t>(limit));
  while (row.step()) keys.emplace_back(row.bytes_at(0));
  return keys;
}

std::uint64_t Store::count_rows() {
  Execution row(database_->row_count);
  return row.step() ? static_cast<std::uint64_t>(row.integer_at(0)) : 0;
}

}  // namespace holdfast::node
