#include "harness/cli/campaign_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "checkers/picture/escape.h"
#include "harness/append_file.h"
#include "report/html_style.h"
#include "report/number.h"
#include "report/report.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;
using checkers::escape;

constexpr std::size_t kSeedsShown = 20;

checkers::Verdict verdict_of(const CampaignState& state) {
  if (state.invalid > 0) return checkers::Verdict::invalid;
  return state.valid > 0 && !state.interrupted ? checkers::Verdict::valid
                                               : checkers::Verdict::unknown;
}

// "1, 5, 9 and 17 more"
std::string seeds_text(const Group& group) {
  std::vector<std::uint64_t> seeds = group.seeds;
  std::ranges::sort(seeds);
  std::string text;
  for (std::size_t i = 0; i < seeds.size() && i < kSeedsShown; ++i) {
    text += (text.empty() ? "" : ", ") + std::to_string(seeds[i]);
  }
  const std::uint64_t shown = std::min<std::uint64_t>(seeds.size(), kSeedsShown);
  if (group.runs > shown) text += fmt::format(" and {} more", group.runs - shown);
  return text;
}

std::string smallest_text(const Finding& finding) {
  std::string text = report::counted(finding.faults, "fault", "faults") + ", ";
  return text + (finding.operations > 0
                     ? report::counted(finding.operations, "operation", "operations")
                     : std::string("a generated load"));
}

std::string link(const fs::path& target, const fs::path& folder, const std::string& words) {
  return fmt::format("<a href=\"{}\">{}</a>", escape(target.lexically_relative(folder).string()),
                     escape(words));
}

std::string numbers(const CampaignState& state) {
  std::string html;
  const auto add = [&html](const char* name, std::uint64_t number) {
    html += fmt::format("<span{}>{} <b>{}</b></span>", number == 0 ? " class=\"zero\"" : "", name,
                        report::grouped(number));
  };
  add("runs", state.runs);
  add("valid", state.valid);
  add("invalid", state.invalid);
  add("unknown", state.unknown);
  add("left out", state.left_out);
  return "<div class=\"values\">" + html + "</div>\n";
}

std::string head(const Campaign& campaign, const CampaignState& state) {
  std::string names;
  for (const std::string& test : campaign.plan().tests) names += (names.empty() ? "" : ", ") + test;
  const checkers::Verdict verdict = verdict_of(state);
  std::string html = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<title>campaign: {0}</title><style>{1}</style></head><body>\n"
      "<h1><span class=\"verdict {0}\">{0}</span>campaign</h1>\n<p>{2}</p>\n",
      to_string(verdict), report::kHtmlStyle, escape(names));
  const CampaignPlan& plan = campaign.plan();
  html += fmt::format("<p class=\"soft\">on {}, from seed {}, {} of real time{}{}</p>\n",
                      escape(plan.on), plan.first_seed,
                      report::duration(static_cast<double>(state.wall_ms) / 1000),
                      plan.strict ? ", strict" : "", state.interrupted ? ", interrupted" : "");
  const std::uint64_t done = state.runs + state.left_out;
  if (state.interrupted && campaign.planned() > done) {
    html += fmt::format("<p>{} of {} runs were not done: nothing is known of them.</p>\n",
                        report::grouped(campaign.planned() - done),
                        report::grouped(campaign.planned()));
  }
  if (state.left_out > 0) {
    html += fmt::format("<p>{} seeds were left out; the first because {}.</p>\n", state.left_out,
                        escape(state.left_out_because));
  }
  return html + numbers(state);
}

std::string group_html(const Campaign& campaign, const Group& group, const Finding& finding,
                       const fs::path& folder) {
  std::string html = fmt::format(
      "<h3><span class=\"verdict {0}\">{0}</span>{1}</h3>\n<div class=\"example bad\">{2}</div>\n",
      to_string(group.verdict), escape(group.cause.kind()), escape(group.cause.example));
  html += fmt::format("<p>{}, {}; seeds {}</p>\n", escape(group.test),
                      report::counted(group.runs, "run", "runs"), seeds_text(group));
  html += "<p class=\"soft\">Repeat with <code>" +
          escape(repeat_line(campaign.plan(), group.test, group.first_seed)) + "</code></p>\n";
  if (!finding.run.empty()) {
    html += "<p>" + link(finding.run / "report.html", folder, "The first run");
    if (!finding.smallest.empty()) {
      html += "; " + link(finding.smallest, folder, "the smallest test") + ": " +
              smallest_text(finding);
    }
    html += "</p>\n";
  }
  if (!finding.why_not.empty()) {
    html += "<p class=\"soft\">No smallest test: " + escape(finding.why_not) + "</p>\n";
  }
  return html;
}

std::string failure(const Campaign& campaign, const Group& group, const Finding& finding) {
  const bool invalid = group.verdict == checkers::Verdict::invalid;
  const std::string repeat = repeat_line(campaign.plan(), group.test, group.first_seed);
  std::string text =
      fmt::format("{} of {}, seeds {}\n{}\n", report::counted(group.runs, "run", "runs"),
                  group.test, seeds_text(group), group.cause.example);
  if (!finding.run.empty()) text += "first run: " + finding.run.string() + "\n";
  if (!finding.smallest.empty()) {
    text += "smallest test: " + finding.smallest.string() + " (" + smallest_text(finding) + ")\n";
  }
  return fmt::format("<{0} message=\"{1} (repeat with: {2})\">{3}</{0}>",
                     invalid ? "failure" : "error", escape(group.cause.key()), escape(repeat),
                     escape(text));
}

std::string case_xml(const std::string& test, const std::string& name, const std::string& inside) {
  return fmt::format("  <testcase classname=\"{}\" name=\"{}\">{}</testcase>\n", escape(test),
                     escape(name), inside);
}

Result<> write_run_report(const fs::path& run) {
  const Result<report::RunRecord> record = report::read_run(run);
  if (!record) return record.error();
  return report::write_files(*record, run);
}

}  // namespace

std::string campaign_html(const Campaign& campaign, const CampaignState& state,
                          const std::vector<Finding>& findings, const fs::path& folder) {
  std::string html = head(campaign, state);
  if (!state.groups.empty()) html += "<h2>Findings, by their cause</h2>\n";
  for (std::size_t i = 0; i < state.groups.size(); ++i) {
    html += group_html(campaign, state.groups[i], findings[i], folder);
  }
  return html + "</body></html>\n";
}

std::string campaign_junit(const Campaign& campaign, const CampaignState& state,
                           const std::vector<Finding>& findings) {
  std::string cases;
  std::size_t count = 0, failures = 0, errors = 0;
  const auto add = [&](const std::string& test, const std::string& name,
                       const std::string& inside) {
    cases += case_xml(test, name, inside);
    ++count;
    failures += inside.starts_with("<failure");
    errors += inside.starts_with("<error");
  };
  for (const std::string& test : campaign.plan().tests) {
    const bool clean = std::ranges::count(state.groups, test, &Group::test) == 0;
    if (clean && state.runs > 0) add(test, "every seed that was run", "");
  }
  for (std::size_t i = 0; i < state.groups.size(); ++i) {
    const Group& group = state.groups[i];
    add(group.test, group.cause.key(), failure(campaign, group, findings[i]));
  }
  if (state.interrupted) {
    add("campaign", "all runs", "<error message=\"interrupted: not all runs were done\"></error>");
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuite name=\"campaign\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{:.3f}\">\n"
      "{}</testsuite>\n",
      count, failures, errors, static_cast<double>(state.wall_ms) / 1000, cases);
}

Result<> write_campaign_reports(const Campaign& campaign, const CampaignState& state,
                                const std::vector<Finding>& findings, const fs::path& folder) {
  for (const Finding& finding : findings) {
    if (finding.run.empty()) continue;
    if (auto written = write_run_report(finding.run); !written) return written;
  }
  auto written = write_file((folder / "report.html").string(),
                            campaign_html(campaign, state, findings, folder));
  if (!written) return written;
  return write_file((folder / "junit.xml").string(), campaign_junit(campaign, state, findings));
}

}  // namespace holdfast::harness
