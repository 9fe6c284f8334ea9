// The slow, obvious answer: tries every order. For histories of a few operations.
#pragma once

#include "checkers/linear/model.h"
#include "checkers/trace/trace.h"

namespace holdfast::checkers::testing {

// Whether the history of one key is linearizable. Knows nothing of the checkers' own code.
bool is_linearizable(const Trace& trace, const Model& model);

}  // namespace holdfast::checkers::testing
