// A quick proof that a register's history is not linearizable: a read, or a compare-and-set, saw a
// value that was certainly overwritten. Near-linear, for values written any number of times; where
// it finds nothing, a search must decide.
//
// All that wrote the value before the read's return had returned before some change to another
// value began, and that had returned before the read began.
#pragma once

#include <optional>
#include <span>

#include "checkers/linear/keyed_ops.h"
#include "checkers/linear/violation.h"

namespace holdfast::checkers {

std::optional<Violation> find_overwritten(const Trace& trace, std::span<const Item> items,
                                          const Model& model);

}  // namespace holdfast::checkers
