// One run on real processes, as a campaign makes many: `holdfast run` in a process of its own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "harness/campaign/campaign.h"

namespace holdfast::harness {

// The run's folder is made below `results`. An error is the harness's, in its own words.
Result<TrialResult> try_on_real_processes(const CampaignPlan& plan, const std::string& name,
                                          std::uint64_t seed, const std::filesystem::path& results);

}  // namespace holdfast::harness
