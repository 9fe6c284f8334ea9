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
  constexpr std::size_t kWholeHash = 40;
  constexpr std::size_t kLongestHash = 64;
  if (const auto number = parse_number(text, 10)) return *number;
  if (text.starts_with("0x")) {
    if (const auto number = parse_number(text.substr(2), 16)) return *number;
  }
  // A number that is too large is no hash: nobody means that. A whole hash has 40 digits, all of
  // them decimal once in a hundred million.
  const bool too_large =
      text.size() < kWholeHash && text.find_first_not_of("0123456789") == text.npos;
  const bool hexadecimal =
      !too_large && text.find_first_not_of("0123456789abcdefABCDEF") == text.npos;
  if (hexadecimal && text.size() >= kShortestHash && text.size() <= kLongestHash) {
    return *parse_number(text.substr(0, 16), 16);
  }
  return fail("--seed " + std::string(text) +
              ": expected a number below 2^64 (0x… for hexadecimal), or a git hash");
}

}  // namespace holdfast::harness
