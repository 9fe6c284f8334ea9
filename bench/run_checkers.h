// How fast histories of Holdfast's own runs are written, read and judged.
#pragma once

#include <cstdint>

namespace holdfast::bench {

// Prints a line a step, in processor time.
void measure_run_checkers(std::uint64_t operations, std::uint64_t keys);

}  // namespace holdfast::bench
