// The simulated cluster that a test asks for.
#pragma once

#include <cstdint>
#include <memory>

#include "harness/sim/sim_cluster.h"
#include "harness/test_file/test_file.h"

namespace holdfast::harness {

// Nothing is started yet. REQUIRES: validate(test) is ok.
std::unique_ptr<SimCluster> simulate(const TestFile& test, std::uint64_t seed);

}  // namespace holdfast::harness
