// Reduces a history that is not linearizable to a smallest part that still is not.
#pragma once

#include <span>

#include "checkers/linear/linearizable.h"

namespace holdfast::checkers {

// Fills violation.smallest, if it is not there yet. Only what keeps the proof sound is left out:
// operations that began after the violation, reads, failures, and writes whose value nobody left
// in the part observes. If the part has no explanation, the whole has none either.
void make_smallest(const Trace& trace, std::span<const Item> items, const LinearOptions& options,
                   Violation& violation);

}  // namespace holdfast::checkers
