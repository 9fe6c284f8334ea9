// Convergence: whether all owners of each key were equal in the end, what it took, and whether
// repair then fell silent.
#pragma once

#include "checkers/checker.h"
#include "checkers/write_index.h"

namespace holdfast::checkers {

CheckResult check_convergence(const Inputs& inputs, const WriteIndex& writes);

}  // namespace holdfast::checkers
