#include "checkers/write_index.h"

#include <bit>

#include "node/base/random.h"

namespace holdfast::checkers {
namespace {

std::size_t slot_of(OperationId id, std::size_t slots) {
  return static_cast<std::size_t>(mix64(id.high ^ mix64(id.low))) & (slots - 1);
}

}  // namespace

WriteIndex::WriteIndex(const History& history) : history_(history) {
  group(history, true, writes_);
  group(history, false, reads_);
  index_ids(history);
}

// A counting sort by key, which keeps the order of invocations.
void WriteIndex::group(const History& history, bool writes, Grouped& to) const {
  to.first.assign(history.keys.size() + 1, 0);
  for (const Operation& operation : history.operations) {
    if (operation.is_write() == writes) ++to.first[operation.key + 1];
  }
  for (std::size_t key = 1; key < to.first.size(); ++key) to.first[key] += to.first[key - 1];
  to.operations.resize(to.first.back());
  std::vector<OperationIndex> next(to.first.begin(), to.first.end() - 1);
  for (OperationIndex i = 0; i < history.operations.size(); ++i) {
    const Operation& operation = history.operations[i];
    if (operation.is_write() == writes) to.operations[next[operation.key]++] = i;
  }
}

void WriteIndex::index_ids(const History& history) {
  slots_.assign(std::bit_ceil(2 * writes_.operations.size() + 1), kNoOperation);
  for (OperationIndex i = 0; i < history.operations.size(); ++i) {
    const Operation& operation = history.operations[i];
    if (!operation.is_write() || !operation.id.is_set()) continue;
    std::size_t slot = slot_of(operation.id, slots_.size());
    while (slots_[slot] != kNoOperation && history.operations[slots_[slot]].id != operation.id) {
      slot = (slot + 1) & (slots_.size() - 1);
    }
    if (slots_[slot] == kNoOperation) slots_[slot] = i;
  }
}

OperationIndex WriteIndex::find(OperationId id) const {
  std::size_t slot = slot_of(id, slots_.size());
  while (slots_[slot] != kNoOperation && history_.operations[slots_[slot]].id != id) {
    slot = (slot + 1) & (slots_.size() - 1);
  }
  return slots_[slot];
}

std::span<const OperationIndex> WriteIndex::of(const Grouped& grouped, KeyId key) {
  if (key + std::size_t{1} >= grouped.first.size()) return {};
  const OperationIndex first = grouped.first[key];
  return {grouped.operations.data() + first, grouped.first[key + 1] - first};
}

}  // namespace holdfast::checkers
