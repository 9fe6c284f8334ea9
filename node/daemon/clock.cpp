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

}  // namespace

Time read_clocks() { return {SteadyTime(read(CLOCK_MONOTONIC)), WallTime(read(CLOCK_REALTIME))}; }

}  // namespace holdfast::node
