// One test in the simulator, judged in memory: what campaigns, the zoo and shrinking do many times.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "checkers/verdict.h"
#include "harness/campaign/cause.h"
#include "harness/test_file/test_file.h"
#include "node/base/result.h"

namespace holdfast::harness {

struct TrialResult {
  checkers::Verdict verdict = checkers::Verdict::unknown;
  std::uint64_t trace_hash = 0;
  std::int64_t simulated_ms = 0;
  std::uint64_t events = 0;
  std::vector<Cause> causes;  // none if it is valid
  std::string folder;         // that the run was recorded in; empty if it was not
  std::string left_out;       // why the world cannot run this test; empty if it did
};

// Writes nothing. An error is the harness's.
Result<TrialResult> try_test(const TestFile& test, std::uint64_t seed);

// A result as one line of JSON, to send between processes, and back.
std::string to_line(const TrialResult& result);
Result<TrialResult> parse_trial_result(std::string_view line);

// The scenario, the file, or (for "random") the test of that seed.
Result<TestFile> resolve_test(const std::string& name, std::uint64_t seed);

}  // namespace holdfast::harness
