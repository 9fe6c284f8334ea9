// From a written value to its cluster's number: an array where values are dense numbers, as a
// workload's are, and else a hash table.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "checkers/linear/keyed_ops.h"
#include "node/base/random.h"

namespace holdfast::checkers {

class ClusterIndex {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  // For the values that `items` write, and one more.
  void prepare(std::span<const Item> items) {
    std::uint64_t writes = 1;
    std::int64_t low = Datum::kLargest;
    std::int64_t high = -Datum::kLargest;
    for (const Item& item : items) {  // without a branch on what cannot be predicted
      const bool writes_it = item.action != Action::read;
      const bool writes_number = writes_it & item.value.is_number();
      const std::int64_t number = item.value.number();
      writes += writes_it;
      low = writes_number && number < low ? number : low;
      high = writes_number && number > high ? number : high;
    }
    if (low > high) low = high = 0;
    low_ = low;
    const auto range = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
    if (range <= writes * 4 + 64) {
      dense_.assign(range, kNone);
    } else {
      dense_.clear();
    }
    const std::uint64_t slots = dense_.empty() ? std::bit_ceil(writes * 2) : 16;
    sparse_.assign(slots, {0, kNone});
    sparse_used_ = 0;
  }

  // False if the value is there already.
  bool insert(Datum value, std::uint32_t cluster) {
    if (is_dense(value)) {
      std::uint32_t& place = dense_[place_of(value)];
      if (place != kNone) return false;
      place = cluster;
      return true;
    }
    if (sparse_used_ * 2 >= sparse_.size()) grow();
    Slot& slot = sparse_[find_slot(value)];
    if (slot.cluster != kNone) return false;
    slot = {value.bits(), cluster};
    ++sparse_used_;
    return true;
  }

  std::uint32_t find(Datum value) const {
    if (is_dense(value)) return dense_[place_of(value)];
    return sparse_[find_slot(value)].cluster;
  }

 private:
  struct Slot {
    std::uint64_t bits;
    std::uint32_t cluster;
  };

  bool is_dense(Datum value) const { return value.is_number() && place_of(value) < dense_.size(); }
  std::uint64_t place_of(Datum value) const {
    return static_cast<std::uint64_t>(value.number()) - static_cast<std::uint64_t>(low_);
  }
  std::size_t find_slot(Datum value) const {
    const std::size_t mask = sparse_.size() - 1;
    std::size_t at = mix64(value.bits()) & mask;
    while (sparse_[at].cluster != kNone && sparse_[at].bits != value.bits()) at = (at + 1) & mask;
    return at;
  }
  void grow() {
    std::vector<Slot> old(sparse_.size() * 2, {0, kNone});
    old.swap(sparse_);
    for (const Slot& slot : old) {
      if (slot.cluster == kNone) continue;
      const std::size_t mask = sparse_.size() - 1;
      std::size_t at = mix64(slot.bits) & mask;
      while (sparse_[at].cluster != kNone) at = (at + 1) & mask;
      sparse_[at] = slot;
    }
  }

  std::int64_t low_ = 0;
  std::vector<std::uint32_t> dense_;
  std::vector<Slot> sparse_;
  std::size_t sparse_used_ = 0;
};

}  // namespace holdfast::checkers
