// The numbers that a test expects of its results.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/evidence.h"
#include "harness/test_file/test_file.h"
#include "node/base/result.h"

namespace holdfast::harness {

// What came instead of what was expected, in words: one for each number that is not in its range.
std::vector<std::string> unmet_expectations(const Evidence& evidence,
                                            const nlohmann::ordered_json& results);

// Refuses a path that no run of the test has in its results. Ask before the run.
Result<> check_expectations(const TestFile& test);

}  // namespace holdfast::harness
