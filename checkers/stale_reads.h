// Stale reads: reads that returned a version lower than that of a write acknowledged before the
// read was invoked.
#pragma once

#include "checkers/checker.h"
#include "checkers/write_index.h"

namespace holdfast::checkers {

CheckResult check_stale_reads(const Inputs& inputs, const WriteIndex& writes);

}  // namespace holdfast::checkers
