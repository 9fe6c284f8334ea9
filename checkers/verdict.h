// What a checker, and a run, comes to.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

namespace holdfast::checkers {

// From best to worst: the worst wins, and unknown never hides invalid.
enum class Verdict : std::uint8_t { valid, unknown, invalid };

std::string_view to_string(Verdict verdict);
std::optional<Verdict> parse_verdict(std::string_view text);

constexpr Verdict worst(Verdict a, Verdict b) { return std::max(a, b); }

}  // namespace holdfast::checkers
