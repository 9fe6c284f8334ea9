#include "node/storage/row_cache.h"

#include <utility>

namespace holdfast::node {

std::size_t RowCache::bytes_of(const Entry& entry) {
  constexpr std::size_t kPlace = 2 * sizeof(std::pair<std::uint64_t, std::uint32_t>);
  const std::size_t value = entry.row ? entry.row->value.capacity() : 0;
  return sizeof(Entry) + kPlace + entry.key.capacity() + value;
}

const RowCache::Entry* RowCache::find(std::uint64_t token, std::string_view key) {
  const auto place = places_.find(token);
  if (place == places_.end()) return nullptr;
  Entry& entry = entries_[place->second];
  if (entry.key != key) return nullptr;
  entry.used = true;
  return &entry;
}

void RowCache::keep(std::uint64_t token, std::string_view key, const Row& row,
                    std::uint64_t value_checksum) {
  if (key.empty() || row.value.size() > kLargestValue) return forget(token, key);
  Entry& entry = entry_of(token, key);
  entry.row = row;
  entry.value_checksum = value_checksum;
  count(entry);
}

void RowCache::keep_absent(std::uint64_t token, std::string_view key) {
  if (key.empty()) return;
  Entry& entry = entry_of(token, key);
  entry.row.reset();
  count(entry);
}

// A row that is written again and again is used; one that is written once has to be read.
RowCache::Entry& RowCache::entry_of(std::uint64_t token, std::string_view key) {
  const auto [place, is_new] = places_.try_emplace(token, 0);
  if (!is_new) {
    Entry& entry = entries_[place->second];
    bytes_ -= bytes_of(entry);
    entry.used = entry.key == key;
    entry.key = key;
    return entry;
  }
  if (empty_.empty()) {
    empty_.push_back(static_cast<std::uint32_t>(entries_.size()));
    entries_.emplace_back();
  }
  place->second = empty_.back();
  empty_.pop_back();
  Entry& entry = entries_[place->second];
  entry.token = token;
  entry.key = key;
  entry.used = false;
  return entry;
}

void RowCache::count(const Entry& entry) {
  bytes_ += bytes_of(entry);
  while (bytes_ > most_bytes_) {
    Entry& next = entries_[hand_];
    if (!next.key.empty() && !std::exchange(next.used, false)) {
      clear(static_cast<std::uint32_t>(hand_));
    }
    hand_ = (hand_ + 1) % entries_.size();
  }
}

void RowCache::forget(std::uint64_t token, std::string_view key) {
  const auto place = places_.find(token);
  if (place != places_.end() && entries_[place->second].key == key) clear(place->second);
}

// Its strings keep their memory for the next row.
void RowCache::clear(std::uint32_t place) {
  Entry& entry = entries_[place];
  bytes_ -= bytes_of(entry);
  places_.erase(entry.token);
  entry.key.clear();
  empty_.push_back(place);
}

}  // namespace holdfast::node
