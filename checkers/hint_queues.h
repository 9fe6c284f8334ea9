// The queues of hints between a node's statuses: what may not have happened to them, whatever the
// node counted. Judged from public status and the injected faults alone.
#pragma once

#include <vector>

#include "checkers/checker.h"

namespace holdfast::checkers {

// Adds anomalies of these classes:
// - forbidden_hint: hints are off, or a queue grew although its hint window was over;
// - false_delivery: hints left the queue of a node out of reach, and were not given up either;
// - younger_hint: a queue's oldest hint is younger than before, though none had left;
// - over_rate: hints left a holder faster than its throttle allows.
void check_hint_queues(const Inputs& inputs, std::vector<Anomaly>& anomalies);

}  // namespace holdfast::checkers
