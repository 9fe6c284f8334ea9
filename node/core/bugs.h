// Switches for the planted bugs of bugs.def. Off unless a harness turns them on; never in
// production: the daemon refuses them from anyone else and says loudly when one is on.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace holdfast::node {

enum class Bug : std::uint8_t {
#define BUG(name, origin, checker, text) name,
#include "node/core/bugs.def"
#undef BUG
};

struct BugEntry {
  std::string_view name;
  std::string_view origin;
  std::string_view checker;  // expected to see it
  std::string_view text;
};
// In the order of the enumerators.
const std::vector<BugEntry>& all_bugs();
inline constexpr std::size_t kBugs = 0
#define BUG(name, origin, checker, text) +1
#include "node/core/bugs.def"
#undef BUG
    ;

// A set of bugs: one bit each.
using BugSet = std::bitset<kBugs>;

}  // namespace holdfast::node
