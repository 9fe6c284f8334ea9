// Holdfast's own record as a trace, so that the checkers of sequential models can judge a run.
#pragma once

#include "checkers/history.h"
#include "checkers/trace/trace.h"

namespace holdfast::checkers {

Trace trace_of(const History& history);

}  // namespace holdfast::checkers
