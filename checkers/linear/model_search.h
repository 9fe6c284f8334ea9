// Linearizability by any sequential model: Wing and Gong's search with Lowe's memoisation ("Testing
// for Linearizability", 2017), just in time, depth first and forward in competition. States are
// interned: a configuration is a state's number, a bit for each operation in flight that has taken
// effect, and how many of each class of equal operations of unknown outcome have.
#pragma once

#include <span>

#include "checkers/linear/keyed_ops.h"
#include "checkers/linear/search.h"

namespace holdfast::checkers {

// `items` are one key's.
SearchResult search_model(const Trace& trace, std::span<const Item> items,
                          const SequentialModel& model, const Limits& limits);

}  // namespace holdfast::checkers
