// What an operation on a list does, one thing after the other: a transaction may do several.
#pragma once

#include <vector>

#include "checkers/trace/trace.h"

namespace holdfast::checkers {

struct ListStep {
  bool is_read = false;
  Datum value;  // appended, or the whole list that was read: nil is the empty one
};

// `ok`: its reads are known; else they are left out.
std::vector<ListStep> list_steps(const Trace& trace, const Op& op, bool ok);

}  // namespace holdfast::checkers
