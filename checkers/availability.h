// Availability: the share of operations that succeeded, and why the others did not.
#pragma once

#include "checkers/checker.h"
#include "checkers/write_index.h"

namespace holdfast::checkers {

CheckResult check_availability(const Inputs& inputs, const WriteIndex& writes);

}  // namespace holdfast::checkers
