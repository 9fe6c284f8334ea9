// Points in time as people write them: whole numbers of any unit, fractions of seconds, dates.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace holdfast::checkers {

struct PointInTime {
  std::int64_t number = 0;
  bool in_ns = false;  // else in whatever unit a whole number is
};
// 1700000000, 12.5 (seconds), 2026-01-02T03:04:05.678Z or with +01:00 behind it.
std::optional<PointInTime> parse_point_in_time(std::string_view text);

}  // namespace holdfast::checkers
