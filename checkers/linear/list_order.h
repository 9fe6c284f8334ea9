// Linearizability of lists that grow at their end and are read as a whole, in n log n.
//
// With elements that were appended once the longest read gives the order of all that was ever seen,
// and every read must be a beginning of it: the append of its first element, the reads of length 1,
// the append of its second, …, and last the acknowledged appends that no read saw. The history is
// linearizable iff no operation returns before one begins that must come earlier: a cycle needs a
// real-time edge from a later place to an earlier one.
#pragma once

#include <cstdint>
#include <span>

#include "checkers/linear/keyed_ops.h"
#include "checkers/linear/violation.h"

namespace holdfast::checkers {

enum class ListVerdict : std::uint8_t { valid, invalid, not_applicable };

struct ListResult {
  ListVerdict verdict = ListVerdict::valid;
  Violation violation;  // if invalid
};

// not_applicable: an element is appended more than once, or an operation does several things.
ListResult check_list_order(const Trace& trace, std::span<const Item> items);

}  // namespace holdfast::checkers
