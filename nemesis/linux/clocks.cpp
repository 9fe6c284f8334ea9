#include "nemesis/linux/clocks.h"

#include <time.h>

#include <new>
#include <utility>

namespace holdfast::nemesis {
namespace {

Duration read(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return std::chrono::seconds(now.tv_sec) + Duration(now.tv_nsec / 1000);
}

SteadyTime steady_now() { return SteadyTime(read(CLOCK_MONOTONIC)); }

}  // namespace

Result<Clocks> Clocks::make() {
  auto memory = SharedMemory::make("holdfast-clocks", sizeof(ClockPage));
  if (!memory) return memory.error();
  auto* const page = new (memory.value().data()) ClockPage{};
  page->start({steady_now(), WallTime(read(CLOCK_REALTIME))});
  return Clocks(std::move(memory.value()), page);
}

void Clocks::set(NodeId node, Duration offset, std::int32_t drift_ppm) {
  page_->set(node, steady_now(), offset, drift_ppm);
}

Duration Clocks::offset(NodeId node) const { return page_->offset(node, steady_now()); }

}  // namespace holdfast::nemesis
