// What a run of a test will do, as far as it is known before.
#pragma once

#include <cstdint>

#include "harness/test_file/test_file.h"
#include "nemesis/faults.h"
#include "nemesis/schedule.h"
#include "node/base/time.h"

namespace holdfast::harness {

// The test's faults, or those that its random plan draws.
nemesis::Schedule schedule_of(const TestFile& test, const nemesis::Faults& faults,
                              std::uint64_t seed);
// How long the test's load and faults last at least.
Duration length_of(const TestFile& test, const nemesis::Schedule& schedule);

}  // namespace holdfast::harness
