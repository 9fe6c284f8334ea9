// The hint ledger: whether every holder's books balance, its limits were kept, and every hint that
// it acknowledged is accounted for.
#pragma once

#include "checkers/checker.h"
#include "checkers/write_index.h"

namespace holdfast::checkers {

// How long past its maximum age a hint may rightly be held.
Duration age_slack(const Facts& facts);

CheckResult check_hint_ledger(const Inputs& inputs, const WriteIndex& writes);

}  // namespace holdfast::checkers
