// The two clocks of one simulated node, made from true time.
#pragma once

#include "harness/sim/event_queue.h"
#include "node/base/time.h"

namespace holdfast::harness {

class NodeClock {
 public:
  // Simulated time begins on 2026-01-01 00:00 UTC.
  static constexpr std::int64_t kEpochUs = 1'767'225'600'000'000;

  Time read(SimTime now) const {
    const std::int64_t true_us = now / 1000;
    return {SteadyTime(Duration(true_us + steady_offset_us_)),
            WallTime(Duration(kEpochUs + true_us) + offset(now))};
  }
  // Wall time minus true time.
  Duration offset(SimTime now) const {
    return offset_ + Duration((now / 1000 - set_at_us_) * drift_ppm_ / 1'000'000);
  }
  // When the steady clock will show `at`.
  SimTime when(SteadyTime at) const { return (to_us(at) - steady_offset_us_) * 1000; }

  // A machine's steady clock counts from its boot; it never jumps while the machine is up.
  void boot(SimTime now, Duration shows) { steady_offset_us_ = shows.count() - now / 1000; }
  void set_wall(SimTime now, Duration offset, std::int32_t drift_ppm) {
    offset_ = offset;
    drift_ppm_ = drift_ppm;
    set_at_us_ = now / 1000;
  }

 private:
  std::int64_t steady_offset_us_ = 0;
  Duration offset_{0};
  std::int64_t drift_ppm_ = 0;
  std::int64_t set_at_us_ = 0;
};

}  // namespace holdfast::harness
