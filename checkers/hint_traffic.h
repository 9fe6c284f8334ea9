// What holders sent and destinations received, by the counts of both ends: throttles at either end,
// and records that are sent again without a reason.
#pragma once

#include <vector>

#include "checkers/checker.h"

namespace holdfast::checkers {

// Adds over_rate (with a destination: at the receiving end) and repeated_delivery.
void check_hint_traffic(const Inputs& inputs, std::vector<Anomaly>& anomalies);

}  // namespace holdfast::checkers
