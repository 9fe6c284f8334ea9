#include "checkers/formats/operation_time.h"

#include <charconv>
#include <chrono>

namespace holdfast::checkers {
namespace {

// Takes digits from the front.
std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(text.begin(), text.end(), number);
  if (code != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
  return number;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

// The digits behind a point, in nanoseconds.
std::int64_t take_fraction(std::string_view& text) {
  std::int64_t ns = 0;
  std::int64_t unit = 100'000'000;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1)) {
    ns += (text.front() - '0') * unit;
    unit /= 10;
  }
  return ns;
}

std::optional<PointInTime> parse_date(std::string_view text) {
  const auto year = take_number(text);
  if (!year || *year < 1970 || *year > 2200 || !take(text, '-')) return std::nullopt;
  const auto month = take_number(text);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_number(text);
  if (!day || (!take(text, 'T') && !take(text, ' '))) return std::nullopt;
  const auto hour = take_number(text);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_number(text);
  if (!minute || !take(text, ':')) return std::nullopt;
  const auto second = take_number(text);
  if (!second) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  const auto in_range = [](std::int64_t n, std::int64_t most) { return n >= 0 && n <= most; };
  if (!date.ok() || !in_range(*hour, 23) || !in_range(*minute, 59) || !in_range(*second, 60)) {
    return std::nullopt;
  }
  std::int64_t ns = 0;
  if (take(text, '.') || take(text, ',')) ns = take_fraction(text);
  std::int64_t offset_min = 0;
  if (!take(text, 'Z') && !text.empty()) {
    const std::int64_t sign = text.front() == '-' ? -1 : 1;
    if (!take(text, '+') && !take(text, '-')) return std::nullopt;
    const auto hours = take_number(text);
    if (!hours || !take(text, ':')) return std::nullopt;
    const auto minutes = take_number(text);
    if (!minutes || !in_range(*hours, 23) || !in_range(*minutes, 59)) return std::nullopt;
    offset_min = sign * (*hours * 60 + *minutes);
  }
  if (!text.empty()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t seconds = days * 86'400 + *hour * 3600 + (*minute - offset_min) * 60 + *second;
  return PointInTime{seconds * 1'000'000'000 + ns, true};
}

}  // namespace

std::optional<PointInTime> parse_point_in_time(std::string_view text) {
  const std::string_view whole_text = text;
  const auto whole = take_number(text);
  if (!whole) return std::nullopt;
  if (text.empty()) return PointInTime{*whole, false};
  if (text.front() == '-') return parse_date(whole_text);
  if (!take(text, '.') || text.empty() || *whole < 0 || *whole > 9'000'000'000) {
    return std::nullopt;
  }
  const std::int64_t ns = take_fraction(text);
  if (!text.empty()) return std::nullopt;
  return PointInTime{*whole * 1'000'000'000 + ns, true};
}

}  // namespace holdfast::checkers
