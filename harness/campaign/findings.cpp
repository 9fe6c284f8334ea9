#include "harness/campaign/findings.h"

#include <fstream>

#include "harness/campaign/shrink.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostRecorded = 50;
constexpr std::size_t kMostShrunk = 5;

void shrink_finding(const ShrinkBudget& budget, Finding& finding) {
  const auto outcome = shrink_run(finding.run, budget, {});
  if (!outcome) {
    finding.why_not = outcome.error().message;
    return;
  }
  const fs::path file = finding.run / "smallest.json";
  if (!(std::ofstream(file) << readable(outcome->test)).flush()) {
    finding.why_not = "cannot write " + file.string();
    return;
  }
  finding.smallest = file;
  finding.faults = outcome->test.schedule.size();
  if (outcome->test.workload == "script") {
    finding.operations = outcome->test.parameters.script.size();
  }
}

}  // namespace

std::vector<Finding> record_findings(const Campaign& campaign, const CampaignState& state,
                                     const fs::path& folder, const ShrinkBudget& budget,
                                     const std::function<bool()>& is_over) {
  std::vector<Finding> findings(state.groups.size());
  std::size_t shrunk = 0;
  for (std::size_t i = 0; i < findings.size() && i < kMostRecorded && !is_over(); ++i) {
    const Group& group = state.groups[i];
    Finding& finding = findings[i];
    if (campaign.plan().on != "sim") {
      finding.run = group.folder;
      continue;
    }
    const Result<TestFile> test = resolve_test(campaign.plan(), group.test, group.first_seed);
    if (!test) continue;
    const fs::path run = folder / (std::to_string(i + 1) + "-" + test->name);
    std::error_code error;
    fs::remove_all(run, error);  // of an earlier part of the campaign
    if (!record_run(*test, group.first_seed, run,
                    repeat_line(campaign.plan(), group.test, group.first_seed))) {
      finding.why_not = "its run crashes";
      continue;
    }
    finding.run = run;
    const bool worth_it = group.verdict == checkers::Verdict::invalid && ++shrunk <= kMostShrunk;
    if (worth_it && !is_over()) shrink_finding(budget, finding);
  }
  return findings;
}

}  // namespace holdfast::harness
