#include "node/core/replica.h"

#include "node/base/hash.h"

namespace holdfast::node {

Replica::Replica(Context& context)
    : context_(context), forest_(context.ring, context.self(), context.config.merkle_leaves) {
  context.store.scan_heads(0, UINT64_MAX,
                           [&](std::uint64_t token, std::string_view key, const RowHead& head) {
                             const std::uint32_t range = context_.ring.range_of(token);
                             if (!forest_.covers(range)) return true;
                             forest_.add(range, token, row_hash(key, head));
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
  if (before && before->version >= row.version) return false;
  if (!before && is_past_grace(row)) return false;
  put(token, range, key, row, before);
  return true;
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

void Replica::put(std::uint64_t token, std::uint32_t range, std::string_view key, const Row& row,
                  const std::optional<RowHead>& before) {
  if (before) {
    forest_.remove(range, token, row_hash(key, *before));
  } else {
    ++row_count_;
  }
  context_.store.put(token, key, row);
  const RowHead head{row.version, row.id, row.deleted, hash64(row.value)};
  forest_.add(range, token, row_hash(key, head));
}

bool Replica::is_past_grace(const Row& row) const {
  return context_.config.tombstone_gc == TombstoneGc::grace && row.deleted &&
         row.version.clock_us < to_us(context_.now.wall - context_.config.tombstone_grace);
}

void Replica::purge_tombstones() {
  if (context_.config.tombstone_gc != TombstoneGc::grace) return;
  constexpr std::size_t kAtOnce = 256;
  const std::int64_t before = to_us(context_.now.wall - context_.config.tombstone_grace);
  for (const std::string& key : context_.store.tombstones_before(before, kAtOnce)) {
    const std::uint64_t token = token_of(key);
    const std::optional<RowHead> head = context_.store.head(token, key);
    const std::uint32_t range = context_.ring.range_of(token);
    if (!head || !forest_.covers(range)) continue;
    forest_.remove(range, token, row_hash(key, *head));
    context_.store.erase(token, key);
    --row_count_;
    ++context_.counters.tombstones_purged;
    context_.log(EventKind::tombstone_purged, kNoNode, Row{head->version, head->id, true, {}});
  }
}

}  // namespace holdfast::node
