#include "checkers/final_state.h"

#include <algorithm>
#include <map>

#include "node/base/check.h"

namespace holdfast::checkers {
namespace {

// Grows in steps, so that interning a million keys in order does not copy a million times.
template <class Vector, class Item>
void grow(Vector& vector, std::size_t size, Item item) {
  if (vector.size() >= size) return;
  if (vector.capacity() < size) vector.reserve(std::max(size, vector.capacity() * 3 / 2));
  vector.resize(size, item);
}

}  // namespace

void FinalState::set_owners(KeyId key, std::span<const NodeId> owners) {
  const auto found = std::find_if(ranges_.begin(), ranges_.end(), [&](const auto& range) {
    return std::equal(range.begin(), range.end(), owners.begin(), owners.end());
  });
  const auto index = static_cast<std::size_t>(found - ranges_.begin());
  if (found == ranges_.end()) ranges_.emplace_back(owners.begin(), owners.end());
  CHECK(index < 0xffff);
  for (const NodeId owner : owners) CHECK(owner < nodes());
  grow(range_of_, key + std::size_t{1}, std::uint16_t{0});
  range_of_[key] = static_cast<std::uint16_t>(index + 1);
}

std::uint32_t FinalState::intern(KeyId key, const RowState& row) {
  grow(first_, key + std::size_t{1}, kNoMutation);
  for (std::uint32_t i = first_[key]; i != kNoMutation; i = mutations_[i].next) {
    if (mutations_[i].row == row) return i;
  }
  const auto index = static_cast<std::uint32_t>(mutations_.size());
  CHECK(index != kNoMutation);
  mutations_.push_back({row, key, first_[key]});
  first_[key] = index;
  return index;
}

void FinalState::add_row(NodeId node, KeyId key, const RowState& row) {
  CHECK(node < nodes());
  const std::uint32_t mutation = intern(key, row);
  grow(rows_[node], key + std::size_t{1}, kNoMutation);
  rows_[node][key] = mutation;
}

void FinalState::add_hint(NodeId holder, NodeId destination, KeyId key, const RowState& row) {
  CHECK(holder < nodes() && destination < nodes());
  hints_.push_back({holder, destination, intern(key, row)});
}

bool FinalState::all_dumped() const {
  return std::find(dumped_.begin(), dumped_.end(), false) == dumped_.end() && !dumped_.empty();
}

bool FinalState::any_dumped() const {
  return std::find(dumped_.begin(), dumped_.end(), true) != dumped_.end();
}

std::span<const NodeId> FinalState::owners(KeyId key) const {
  if (key >= range_of_.size() || range_of_[key] == 0) return {};
  return ranges_[range_of_[key] - 1];
}

const RowState* FinalState::row(NodeId node, KeyId key) const {
  const std::uint32_t mutation = row_mutation(node, key);
  return mutation == kNoMutation ? nullptr : &mutations_[mutation].row;
}

std::vector<const NodeStatus*> FinalState::statuses_in_order() const {
  std::vector<const NodeStatus*> all;
  for (const NodeStatus& status : statuses_) all.push_back(&status);
  std::ranges::stable_sort(all, {}, &NodeStatus::asked_ns);
  std::map<NodeId, std::int64_t> next_asked_ns;
  std::vector<const NodeStatus*> ordered;
  for (auto each = all.rbegin(); each != all.rend(); ++each) {
    const NodeStatus* const status = *each;
    const auto next = next_asked_ns.find(status->node);
    if (next != next_asked_ns.end() && status->at_ns > next->second) continue;
    next_asked_ns[status->node] = status->asked_ns;
    ordered.push_back(status);
  }
  std::ranges::reverse(ordered);
  return ordered;
}

std::size_t FinalState::bytes() const {
  std::size_t sum =
      mutations_.capacity() * sizeof(Mutation) + first_.capacity() * sizeof(std::uint32_t) +
      range_of_.capacity() * sizeof(std::uint16_t) + hints_.capacity() * sizeof(FinalHint);
  for (const auto& rows : rows_) sum += rows.capacity() * sizeof(std::uint32_t);
  return sum;
}

}  // namespace holdfast::checkers
