// When each operation of a load is due: spread evenly over its duration, or in bursts.
#pragma once

#include <cstdint>

namespace holdfast::workloads {

class Pace {
 public:
  // `duration_ns` 0: all are due at once. `burst_every_ns` 0: evenly.
  Pace(std::uint64_t operations, std::uint64_t duration_ns, std::uint64_t burst_every_ns);

  // Never decreases. REQUIRES: index < operations.
  std::int64_t due_ns(std::uint64_t index) const;

 private:
  std::uint64_t operations_;
  std::uint64_t steps_;    // bursts; or the nanoseconds of the duration
  std::uint64_t step_ns_;  // between two bursts; or 1
};

}  // namespace holdfast::workloads
