// Time is an argument: nothing below the drivers reads a clock.
//
// A node sees two clocks. *steady* never jumps; deadlines of requests, heartbeats and retries use
// it. *wall* is the time of day, may be wrong and may jump; hint windows and ages, the period of
// anti-entropy, tombstones and versions use it. The two have different types so that they cannot
// be mixed up. Both count microseconds.
#pragma once

#include <chrono>
#include <cstdint>

namespace holdfast {

using Duration = std::chrono::microseconds;

struct SteadyTag {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
};
struct WallTag {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
};

using SteadyTime = std::chrono::time_point<SteadyTag, Duration>;
using WallTime = std::chrono::time_point<WallTag, Duration>;

struct Time {
  SteadyTime steady;
  WallTime wall;  // since 1970-01-01 UTC
};

inline constexpr SteadyTime kNever = SteadyTime::max();

constexpr std::int64_t to_us(Duration d) { return d.count(); }
constexpr std::int64_t to_us(SteadyTime t) { return t.time_since_epoch().count(); }
constexpr std::int64_t to_us(WallTime t) { return t.time_since_epoch().count(); }

}  // namespace holdfast
