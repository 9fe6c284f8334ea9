// The hint ledger: whether every holder's books balance, its limits were kept, and every hint that
// it acknowledged is accounted for.
#pragma once

#include "checkers/checker.h"
#include "checkers/write_index.h"

namespace holdfast::checkers {

CheckResult check_hint_ledger(const Inputs& inputs, const WriteIndex& writes);

}  // namespace holdfast::checkers
