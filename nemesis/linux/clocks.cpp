#include "nemesis/linux/clocks.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <string>
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
  Descriptor memory(::memfd_create("holdfast-clocks", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  void* mapped = MAP_FAILED;
  if (memory.is_open() && ::ftruncate(memory.get(), sizeof(ClockPage)) == 0) {
    mapped =
        ::mmap(nullptr, sizeof(ClockPage), PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
  }
  // Nobody else may write, or change its size under a reader.
  constexpr int kSeals = F_SEAL_FUTURE_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
  if (mapped == MAP_FAILED || ::fcntl(memory.get(), F_ADD_SEALS, kSeals) != 0) {
    return fail(std::string("cannot share a page of clocks with the nodes: ") +
                std::strerror(errno));
  }
  auto* const page = new (mapped) ClockPage{};
  page->start({steady_now(), WallTime(read(CLOCK_REALTIME))});
  return Clocks(std::move(memory), page);
}

void Clocks::set(NodeId node, Duration offset, std::int32_t drift_ppm) {
  page_->set(node, steady_now(), offset, drift_ppm);
}

Duration Clocks::offset(NodeId node) const { return page_->offset(node, steady_now()); }

void Clocks::Unmap::operator()(ClockPage* page) const { ::munmap(page, sizeof(ClockPage)); }

}  // namespace holdfast::nemesis
