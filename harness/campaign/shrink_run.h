// Shrinking the run in a folder: reads it, tries candidates in another process, and stops in time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "harness/campaign/shrink.h"
#include "harness/campaign/trial.h"
#include "node/base/result.h"

namespace holdfast::harness {

struct ShrinkBudget {
  std::int64_t wall_ms = 120'000;
  std::uint64_t runs = 5000;
};

struct ShrinkOutcome {
  TestFile test;
  std::uint64_t seed = 1;
  Cause cause;  // that was kept
  std::uint64_t runs = 0;
  std::int64_t wall_ms = 0;
};

// An error: the folder is no simulated run that failed, or it does not fail again.
Result<ShrinkOutcome> shrink_run(const std::filesystem::path& folder, const ShrinkBudget& budget,
                                 const std::function<void(const ShrinkProgress&)>& progress);

// Runs the test into a folder, in another process. `command` repeats it. True: its results are
// there.
bool record_run(const TestFile& test, std::uint64_t seed, const std::filesystem::path& folder,
                const std::string& command = "");

}  // namespace holdfast::harness
