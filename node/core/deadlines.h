// Deadlines of things that mostly end before them: a heap from which the ended ones are dropped
// when they come to the top.
#pragma once

#include <cstdint>
#include <queue>
#include <utility>
#include <vector>

#include "node/base/time.h"

namespace holdfast::node {

class Deadlines {
 public:
  void add(SteadyTime at, std::uint64_t id) { heap_.push({at, id}); }

  // Drops what `is_live(id, at)` says has ended, until the earliest is live.
  template <class IsLive>
  void prune(const IsLive& is_live) {
    while (!heap_.empty() && !is_live(heap_.top().second, heap_.top().first)) heap_.pop();
  }
  // The earliest deadline, perhaps of something ended since the last prune().
  SteadyTime next() const { return heap_.empty() ? kNever : heap_.top().first; }
  // Takes one whose time has come. REQUIRES: next() != kNever.
  std::uint64_t take() {
    const std::uint64_t id = heap_.top().second;
    heap_.pop();
    return id;
  }

 private:
  using Entry = std::pair<SteadyTime, std::uint64_t>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> heap_;
};

}  // namespace holdfast::node
