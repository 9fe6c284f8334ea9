#include "workloads/pace.h"

#include <algorithm>

#include "node/base/check.h"

namespace holdfast::workloads {

Pace::Pace(std::uint64_t operations, std::uint64_t duration_ns, std::uint64_t burst_every_ns)
    : operations_(std::max<std::uint64_t>(operations, 1)),
      steps_(burst_every_ns == 0 ? duration_ns
                                 : std::max<std::uint64_t>(duration_ns / burst_every_ns, 1)),
      step_ns_(burst_every_ns == 0 ? 1 : burst_every_ns) {}

std::int64_t Pace::due_ns(std::uint64_t index) const {
  CHECK(index < operations_);
  // index * steps / operations, without overflow: 36 hours of nanoseconds times millions.
  const std::uint64_t whole = steps_ / operations_;
  const std::uint64_t rest = steps_ % operations_;
  const std::uint64_t step = index * whole + index * rest / operations_;
  return static_cast<std::int64_t>(step * step_ns_);
}

}  // namespace holdfast::workloads
