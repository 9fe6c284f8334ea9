// Latency: how long operations that succeeded took. It has no verdict of its own but that there was
// something to measure.
#pragma once

#include "checkers/checker.h"
#include "checkers/write_index.h"

namespace holdfast::checkers {

CheckResult check_latency(const Inputs& inputs, const WriteIndex& writes);

}  // namespace holdfast::checkers
