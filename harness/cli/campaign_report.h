// The reports of a campaign: HTML for a browser, JUnit for CI.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/campaign/campaign.h"
#include "harness/campaign/findings.h"

namespace holdfast::harness {

// One self-contained page, with links to the runs below `folder`.
std::string campaign_html(const Campaign& campaign, const CampaignState& state,
                          const std::vector<Finding>& findings,
                          const std::filesystem::path& folder);
// A test case for each test without findings, and one for each cause.
std::string campaign_junit(const Campaign& campaign, const CampaignState& state,
                           const std::vector<Finding>& findings);

// Writes report.html and junit.xml into the folder, and the reports of the recorded runs into
// theirs. The error names the file.
Result<> write_campaign_reports(const Campaign& campaign, const CampaignState& state,
                                const std::vector<Finding>& findings,
                                const std::filesystem::path& folder);

}  // namespace holdfast::harness
