// Lost writes: what became of each acknowledged write, by the final dumps, and whether anything was
// seen that nobody wrote.
#pragma once

#include "checkers/checker.h"
#include "checkers/write_index.h"

namespace holdfast::checkers {

CheckResult check_lost_writes(const Inputs& inputs, const WriteIndex& writes);

}  // namespace holdfast::checkers
