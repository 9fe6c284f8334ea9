// A test drawn wholly from a seed: cluster, configuration, load, network and faults, in swarm
// style (Groce et al., "Swarm testing", 2012): each test has some things off and others intense.
// The result is plain data, faults included: it can be written down, edited, shrunk and run again.
#pragma once

#include <cstdint>
#include <string_view>

#include "harness/test_file/test_file.h"

namespace holdfast::harness {

// The name that stands for such a test where a scenario's is expected.
inline constexpr std::string_view kRandomTest = "random";

// The result is valid, and its `seed` is this one.
TestFile draw_random_test(std::uint64_t seed);

}  // namespace holdfast::harness
