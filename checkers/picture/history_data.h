// What the picture of a history draws, as JSON for the script of the page.
#pragma once

#include <span>
#include <string>

#include "checkers/models/judgement.h"
#include "checkers/trace/trace.h"

namespace holdfast::checkers {

// Columns, an element an operation, in the order of trace.ops; times are counted from the first
// event. Safe within a <script> element: no "<" is in it, whatever the history has.
std::string history_data(const Trace& trace, std::span<const Judgement> judgements);

}  // namespace holdfast::checkers
