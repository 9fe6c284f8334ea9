#include <array>
#include <charconv>
#include <utility>

#include "nemesis/schedule.h"

namespace holdfast::nemesis {
namespace {

using Unit = std::pair<std::string_view, std::int64_t>;  // microseconds
constexpr std::array<Unit, 5> kUnits = {
    {{"h", 3'600'000'000}, {"m", 60'000'000}, {"s", 1'000'000}, {"ms", 1000}, {"us", 1}}};
constexpr std::int64_t kMost_us = 1'000'000 * kUnits[0].second;  // far from overflow

// Takes "12ms" from the front of `text`.
std::optional<std::int64_t> take_part(std::string_view& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  const std::string_view name = text.substr(0, text.find_first_of("0123456789"));
  text.remove_prefix(name.size());
  for (const auto& [unit, length] : kUnits) {
    if (name == unit && number <= kMost_us / length) return number * length;
  }
  return std::nullopt;
}

}  // namespace

std::string format_duration(Duration duration) {
  const std::int64_t count = to_us(duration);
  if (count == 0) return "0s";
  for (const auto& [unit, length] : kUnits) {
    if (count % length == 0) return std::to_string(count / length) + std::string(unit);
  }
  return {};
}

std::optional<Duration> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::int64_t sum = 0;
  while (!text.empty()) {
    const auto part = take_part(text);
    if (!part || sum > kMost_us - *part) return std::nullopt;
    sum += *part;
  }
  return Duration(sum);
}

}  // namespace holdfast::nemesis
