#include "node/core/replica.h"

#include "node/base/dcheck.h"
#include "node/base/hash.h"

namespace holdfast::node {

Replica::Replica(Context& context)
    : context_(context), forest_(context.ring, context.self(), context.config.merkle_leaves) {
  context.store.scan_heads(0, UINT64_MAX,
                           [&](std::uint64_t token, std::string_view key, const RowHead& head) {
                             const std::uint32_t range = context_.ring.range_of(token);
                             if (!forest_.covers(range)) return true;
                             forest_.add(range, token, leaf_hash(key, head));
                             context_.clock.observe(head.version);
                             ++row_count_;
                             return true;
                           });
}

bool Replica::merge(std::string_view key, const Row& row) {
  const std::uint64_t token = token_of(key);
  const std::uint32_t range = context_.ring.range_of(token);
  if (!forest_.covers(range)) return false;
  context_.clock.observe(row.version);
  const std::optional<RowHead> before = context_.store.head(token, key);
  if (before && !is_newer(row, *before)) return false;
  if (!before && is_past_grace(row)) return false;
  put(token, range, key, row, before);
  return true;
}

bool Replica::is_newer(const Row& row, const RowHead& before) const {
  if (context_.config.has(Bug::ties_keep_the_first)) {
    return row.version.clock_us / 1000 > before.version.clock_us / 1000;
  }
  if (context_.config.has(Bug::counter_ignored_in_ties)) {
    return row.version.clock_us > before.version.clock_us;
  }
  return row.version > before.version;
}

std::uint64_t Replica::leaf_hash(std::string_view key, const RowHead& head) const {
  if (context_.config.has(Bug::merkle_hashes_keys_only)) return row_hash(key, RowHead{});
  return row_hash(key, head);
}

void Replica::overwrite(std::string_view key, const Row& row) {
  const std::uint64_t token = token_of(key);
  const std::uint32_t range = context_.ring.range_of(token);
  if (!forest_.covers(range)) return;
  put(token, range, key, row, context_.store.head(token, key));
}

std::optional<Row> Replica::get(std::string_view key) {
  return context_.store.get(token_of(key), key);
}

Version Replica::version_of(std::string_view key) {
  const std::optional<RowHead> head = context_.store.head(token_of(key), key);
  return head ? head->version : Version{};
}

void Replica::put(std::uint64_t token, std::uint32_t range, std::string_view key, const Row& row,
                  const std::optional<RowHead>& before) {
  if (!before) ++row_count_;
  if (before && !context_.config.has(Bug::overwritten_rows_stay_in_the_tree)) {
    forest_.remove(range, token, leaf_hash(key, *before));
  }
  if (row.deleted && context_.config.has(Bug::delete_without_tombstone)) {
    context_.store.erase(token, key);
    --row_count_;
    return;
  }
  context_.store.put(token, key, row);
  DCHECK(context_.store.head(token, key).has_value());
  const RowHead head{row.version, row.id, row.deleted, hash64(row.value)};
  forest_.add(range, token, leaf_hash(key, head));
}

bool Replica::is_past_grace(const Row& row) const {
  return context_.config.tombstone_gc == TombstoneGc::grace && row.deleted &&
         row.version.clock_us < to_us(context_.now.wall - context_.config.tombstone_grace);
}

void Replica::purge_tombstones() {
  const bool early = context_.config.has(Bug::tombstone_purged_early);
  if (context_.config.tombstone_gc != TombstoneGc::grace && !early) return;
  constexpr std::size_t kAtOnce = 256;
  const Duration grace = early ? std::chrono::seconds(5) : context_.config.tombstone_grace;
  const std::int64_t before = to_us(context_.now.wall - grace);
  for (const std::string& key : context_.store.tombstones_before(before, kAtOnce)) {
    const std::uint64_t token = token_of(key);
    const std::optional<RowHead> head = context_.store.head(token, key);
    const std::uint32_t range = context_.ring.range_of(token);
    if (!head || !forest_.covers(range)) continue;
    forest_.remove(range, token, leaf_hash(key, *head));
    context_.store.erase(token, key);
    --row_count_;
    ++context_.counters.tombstones_purged;
    context_.log(EventKind::tombstone_purged, kNoNode, Row{head->version, head->id, true, {}});
  }
}

}  // namespace holdfast::node
