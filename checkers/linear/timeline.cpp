#include "checkers/linear/timeline.h"

#include <algorithm>
#include <utility>

#include "checkers/history.h"

namespace holdfast::checkers {

Timeline::Timeline(std::span<const std::int64_t> calls, std::span<const std::int64_t> returns)
    : ret_rank(calls.size(), kNone), slot(calls.size(), kNone) {
  using Point = std::pair<std::int64_t, std::uint32_t>;
  std::vector<Point> starts(calls.size());
  std::vector<Point> ends;
  ends.reserve(calls.size());
  for (std::uint32_t i = 0; i < calls.size(); ++i) {
    starts[i] = {calls[i], i};
    if (returns[i] != kNever_ns) ends.emplace_back(returns[i], i);
  }
  if (!std::is_sorted(starts.begin(), starts.end())) std::sort(starts.begin(), starts.end());
  std::sort(ends.begin(), ends.end());
  events.reserve(starts.size() + ends.size());
  std::vector<std::uint32_t> free;
  std::size_t next = 0;
  for (const auto& [time, op] : ends) {
    for (; next < starts.size() && starts[next].first <= time; ++next) {
      const std::uint32_t called = starts[next].second;
      events.push_back({called, false});
      if (returns[called] == kNever_ns) continue;
      if (free.empty()) free.push_back(slots++);
      slot[called] = free.back();
      free.pop_back();
    }
    ret_rank[op] = static_cast<std::uint32_t>(events.size());
    events.push_back({op, true});
    free.push_back(slot[op]);
  }
}

}  // namespace holdfast::checkers
