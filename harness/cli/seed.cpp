#include "harness/cli/seed.h"

#include <charconv>
#include <optional>
#include <string>

namespace holdfast::harness {
namespace {

std::optional<std::uint64_t> parse_number(std::string_view text, int base) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number, base);
  if (text.empty() || error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

}  // namespace

Result<std::uint64_t> parse_seed(std::string_view text) {
  constexpr std::size_t kShortestHash = 7;  // what `git log --oneline` shows
  constexpr std::size_t kLongestHash = 64;
  if (const auto number = parse_number(text, 10)) return *number;
  if (text.starts_with("0x")) {
    if (const auto number = parse_number(text.substr(2), 16)) return *number;
  }
  const bool hexadecimal = text.find_first_not_of("0123456789abcdefABCDEF") == text.npos;
  if (hexadecimal && text.size() >= kShortestHash && text.size() <= kLongestHash) {
    return *parse_number(text.substr(0, 16), 16);
  }
  return fail("--seed " + std::string(text) +
              ": expected a number below 2^64 (0x… for hexadecimal), or a git hash");
}

}  // namespace holdfast::harness
