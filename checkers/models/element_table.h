// Values by a small number, in the order of their first appearance.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "checkers/trace/datum.h"
#include "node/base/random.h"

namespace holdfast::checkers {

class ElementTable {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  std::uint32_t intern(Datum value) {
    if (values_.size() * 2 >= slots_.size()) grow();
    std::uint32_t& slot = slots_[place(value)];
    if (slot == kNone) {
      slot = static_cast<std::uint32_t>(values_.size());
      values_.push_back(value);
    }
    return slot;
  }
  // kNone if it was never interned. Neighbours of the last one found are looked at first: whole
  // reads list their elements in order.
  std::uint32_t find(Datum value) {
    if (last_ + 1 < values_.size() && values_[last_ + 1] == value) return ++last_;
    const std::uint32_t found = slots_.empty() ? kNone : slots_[place(value)];
    if (found != kNone) last_ = found;
    return found;
  }
  Datum value(std::uint32_t id) const { return values_[id]; }
  std::size_t size() const { return values_.size(); }

 private:
  std::size_t place(Datum value) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = mix64(value.bits()) & mask;
    while (slots_[at] != kNone && values_[slots_[at]] != value) at = (at + 1) & mask;
    return at;
  }
  void grow() {
    slots_.assign(slots_.empty() ? 64 : slots_.size() * 2, kNone);
    for (std::uint32_t i = 0; i < values_.size(); ++i) slots_[place(values_[i])] = i;
  }

  std::vector<Datum> values_;
  std::vector<std::uint32_t> slots_;
  std::uint32_t last_ = 0;
};

}  // namespace holdfast::checkers
