// Where writes were seen: in reads and in final dumps. Judges each sighting by itself: was there
// such a write, had it begun, did it not definitely fail, and has it one version everywhere.
#pragma once

#include <vector>

#include "checkers/checker.h"
#include "checkers/write_index.h"

namespace holdfast::checkers {

// Appends phantom, rewritten and shared_version anomalies, in a fixed order. Returns, for each of
// the final state's mutations, the write that made it; kNoOperation for a phantom.
std::vector<OperationIndex> judge_sightings(const Inputs& inputs, const WriteIndex& writes,
                                            std::vector<Anomaly>& to);

}  // namespace holdfast::checkers
