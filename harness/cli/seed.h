// The seed of a run, as people give it: a number, or a git hash (so that CI tries another seed with
// every commit, and a red commit names the seed that repeats it).
#pragma once

#include <cstdint>
#include <string_view>

#include "node/base/result.h"

namespace holdfast::harness {

// A decimal number of 64 bits, a hexadecimal one with 0x, or 7 to 64 hexadecimal digits, of which
// the first 16 count.
Result<std::uint64_t> parse_seed(std::string_view text);

}  // namespace holdfast::harness
