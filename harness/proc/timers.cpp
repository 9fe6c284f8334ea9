#include "harness/proc/timers.h"

#include <algorithm>
#include <utility>

namespace holdfast::harness {

bool Timers::later(const Entry& a, const Entry& b) {
  return a.at_ns != b.at_ns ? a.at_ns > b.at_ns : a.order > b.order;
}

void Timers::add(std::int64_t at_ns, std::function<void()> action) {
  heap_.push_back({at_ns, added_++, std::move(action)});
  std::push_heap(heap_.begin(), heap_.end(), later);
}

std::optional<std::int64_t> Timers::next_ns() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front().at_ns;
}

bool Timers::run_one(std::int64_t now_ns) {
  if (heap_.empty() || heap_.front().at_ns > now_ns) return false;
  std::pop_heap(heap_.begin(), heap_.end(), later);
  const std::function<void()> action = std::move(heap_.back().action);
  heap_.pop_back();
  action();  // may add timers
  return true;
}

}  // namespace holdfast::harness
