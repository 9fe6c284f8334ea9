// What a campaign leaves of each cause that it found: the first run that failed by it, recorded,
// and the smallest test that still does.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "harness/campaign/campaign.h"
#include "harness/campaign/shrink_run.h"

namespace holdfast::harness {

struct Finding {
  std::filesystem::path run;       // its folder; empty: it was not recorded
  std::filesystem::path smallest;  // a test file; empty: none was looked for, or found
  std::uint64_t faults = 0;        // of the smallest test
  std::uint64_t operations = 0;    // likewise; 0: a generator's
  std::string why_not;             // there is no smallest test
};

// One for each group, in their order. Simulated runs are recorded into `folder`; of those that are
// invalid the first few are shrunk, each within `budget`. Each works in processes of its own. Ends
// soon once `is_over` says so; what was not done by then is not there.
std::vector<Finding> record_findings(const Campaign& campaign, const CampaignState& state,
                                     const std::filesystem::path& folder,
                                     const ShrinkBudget& budget,
                                     const std::function<bool()>& is_over);

}  // namespace holdfast::harness
