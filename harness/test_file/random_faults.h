// The faults of a random test: single ones, and the sequences that break hinted handoff (an outage
// whose holders of hints are hit, a destination that loses power just as it takes its hints).
#pragma once

#include <cstdint>

#include "harness/test_file/test_file.h"

namespace holdfast::harness {

// Ordered by time. REQUIRES: test.nodes, test.config and test.phases.load are set.
nemesis::Schedule draw_random_faults(const TestFile& test, std::uint64_t seed);

}  // namespace holdfast::harness
