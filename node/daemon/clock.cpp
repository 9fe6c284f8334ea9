#include "node/daemon/clock.h"

#include <ctime>

namespace holdfast::node {
namespace {

Duration read(clockid_t clock) {
  timespec now = {};
  ::clock_gettime(clock, &now);
  return std::chrono::duration_cast<Duration>(std::chrono::seconds(now.tv_sec) +
                                              std::chrono::nanoseconds(now.tv_nsec));
}

// As global as the clocks of the machine are.
const ClockPage* clock_page = nullptr;
NodeId clock_node = 0;

}  // namespace

void use_clock_page(const ClockPage* page, NodeId node) {
  clock_page = page;
  clock_node = node;
}

SteadyTime steady_now() { return SteadyTime(read(CLOCK_MONOTONIC)); }

Time read_clocks() {
  const SteadyTime steady = steady_now();
  if (clock_page != nullptr) return {steady, clock_page->wall(clock_node, steady)};
  return {steady, WallTime(read(CLOCK_REALTIME))};
}

}  // namespace holdfast::node
