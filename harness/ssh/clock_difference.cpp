#include "harness/ssh/clock_difference.h"

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace holdfast::harness {
namespace {

constexpr int kQuestions = 8;

WallTime now_here() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return WallTime(Duration(std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000));
}

}  // namespace

Result<ClockDifference> measure_clock(const std::function<Result<WallTime>()>& ask,
                                      const std::function<WallTime()>& now) {
  std::optional<ClockDifference> best;
  for (int i = 0; i < kQuestions; ++i) {
    const WallTime before = now();
    const Result<WallTime> there = ask();
    const WallTime after = now();
    if (!there) return there.error();
    // Half of what it took, and the microsecond that rounding may cost.
    const Duration half = (after - before) / 2 + Duration(1);
    if (!best || half < best->uncertainty) best = {*there - before - (after - before) / 2, half};
  }
  return *best;
}

Result<ClockDifference> measure_clock(HostConnection& connection) {
  return measure_clock(
      [&]() -> Result<WallTime> {
        const auto answer = connection.call({{"do", "clock"}});
        if (!answer) return answer.error();
        return WallTime(Duration(answer->value("wall_us", std::int64_t{0})));
      },
      now_here);
}

Duration largest_difference(std::vector<Duration> errors) {
  if (errors.size() < 2) return Duration(0);
  std::ranges::nth_element(errors, errors.begin() + 1, std::greater<>());
  return errors[0] + errors[1];
}

std::string to_string(const ClockDifference& difference) {
  char text[64];
  std::snprintf(text, sizeof text, "%+.3f ms ± %.3f ms",
                static_cast<double>(difference.offset.count()) / 1000,
                static_cast<double>(difference.uncertainty.count()) / 1000);
  return text;
}

}  // namespace holdfast::harness
