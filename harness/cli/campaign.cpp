// holdfast campaign: many seeds of some tests on all cores, findings grouped by their cause.
#include "harness/campaign/campaign.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "harness/campaign/findings.h"
#include "harness/cli/campaign_report.h"
#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/interruption.h"
#include "harness/cli/real_trial.h"
#include "harness/cli/run_folder.h"
#include "harness/cli/seed.h"
#include "harness/expectations.h"
#include "nemesis/schedule.h"
#include "report/number.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

std::string rates(const CampaignState& state, std::size_t jobs) {
  const double minutes = static_cast<double>(std::max<std::int64_t>(state.wall_ms, 1)) / 60'000;
  const double seeds = static_cast<double>(state.runs_of_this_part) / minutes;
  return fmt::format("{:.1f} seeds a second ({:.0f} a minute and worker)", seeds / 60,
                     seeds / static_cast<double>(jobs));
}

// One line, drawn again and again on a terminal, every few seconds elsewhere.
class Line {
 public:
  explicit Line(bool quiet) : quiet_(quiet), terminal_(::isatty(STDERR_FILENO) == 1) {}
  ~Line() {
    if (drawn_ && terminal_) fmt::print(stderr, "\r\x1b[K");
  }

  void show(const Campaign& campaign, const CampaignState& state) {
    constexpr std::int64_t kLogInterval_ms = 10'000;
    if (quiet_ || (!terminal_ && state.wall_ms - shown_ms_ < kLogInterval_ms)) return;
    shown_ms_ = state.wall_ms;
    drawn_ = true;
    const std::string line = text(campaign, state);
    fmt::print(stderr, "{}{}{}", terminal_ ? "\r\x1b[K" : "", line, terminal_ ? "" : "\n");
    std::fflush(stderr);
  }

 private:
  static std::string text(const Campaign& campaign, const CampaignState& state) {
    std::string line = report::grouped(state.runs);
    if (campaign.planned() > 0) line += " of " + report::grouped(campaign.planned());
    line += fmt::format(" seeds  {}  {} simulated hours  {} findings ({} causes)",
                        rates(state, campaign.plan().jobs),
                        report::grouped(static_cast<std::uint64_t>(state.simulated_ms / 3'600'000)),
                        state.invalid, state.groups.size());
    const std::int64_t left_ms = time_left_ms(campaign, state);
    if (left_ms > 0) line += fmt::format("  {} s left", left_ms / 1000);
    return line;
  }

  static std::int64_t time_left_ms(const Campaign& campaign, const CampaignState& state) {
    const CampaignPlan& plan = campaign.plan();
    const std::int64_t by_time = plan.budget_ms > 0 ? plan.budget_ms - state.wall_ms : -1;
    if (campaign.planned() == 0 || state.runs_of_this_part == 0) return by_time;
    const auto left = static_cast<std::int64_t>(campaign.planned() - state.runs - state.left_out);
    const std::int64_t by_seeds =
        left * state.wall_ms / static_cast<std::int64_t>(state.runs_of_this_part);
    return by_time < 0 ? by_seeds : std::min(by_time, by_seeds);
  }

  bool quiet_;
  bool terminal_;
  bool drawn_ = false;
  std::int64_t shown_ms_ = 0;
};

void print_groups(const Campaign& campaign, const CampaignState& state) {
  for (const Group& group : state.groups) {
    fmt::print("\n{}: {}\n  {} of {} runs; first: {}\n  {}\n", to_string(group.verdict),
               group.cause.key(), group.runs, state.runs,
               repeat_line(campaign.plan(), group.test, group.first_seed), group.cause.example);
  }
}

// What was not done is unknown.
int exit_code(const CampaignState& state) {
  if (!state.error.empty()) return kExitHarnessError;
  if (state.invalid > 0) return kExitInvalid;
  return state.valid > 0 && !state.interrupted ? kExitValid : kExitUnknown;
}

int finish(const Campaign& campaign, const CampaignState& state, const fs::path& folder) {
  if (!state.error.empty()) return complain(state.error, kExitHarnessError);
  print_groups(campaign, state);
  fmt::print(
      "\n{} runs: {} valid, {} invalid, {} unknown; {}; {:.0f} simulated hours a second; "
      "digest {:016x}{}\n{}\n",
      state.runs, state.valid, state.invalid, state.unknown, rates(state, campaign.plan().jobs),
      static_cast<double>(state.simulated_ms) / 3600 /
          static_cast<double>(std::max<std::int64_t>(state.wall_ms, 1)),
      state.digest, state.interrupted ? "; interrupted" : "", folder.string());
  if (state.left_out > 0) {
    fmt::print("{} seeds left out; the first because {}\n", state.left_out, state.left_out_because);
  }
  if (state.interrupted) {
    const std::uint64_t done = state.runs + state.left_out;
    const std::string missing = campaign.planned() > done
                                    ? fmt::format("{} of {} runs were not done",
                                                  campaign.planned() - done, campaign.planned())
                                    : "its time was not over";
    fmt::print("interrupted: {}; go on with: holdfast campaign --resume {}\n", missing,
               folder.string());
  }
  return exit_code(state);
}

Result<CampaignPlan> plan_of(const CampaignCommand& command) {
  CampaignPlan plan;
  plan.tests = command.tests;
  plan.on = command.on;
  plan.settings = command.settings;
  plan.expectations = command.expectations;
  plan.seeds = command.seeds;
  plan.keep_going = command.keep_going;
  plan.strict = command.strict;
  plan.jobs = command.jobs > 0 ? command.jobs : std::max(1U, std::thread::hardware_concurrency());
  if (plan.on != "sim") {
    // The nodes of one run use all cores, and their time-outs are real.
    if (command.jobs > 1) return fail("--jobs: on real processes one run goes on at a time");
    plan.jobs = 1;
  }
  if (!command.budget.empty()) {
    const auto budget = nemesis::parse_duration(command.budget);
    if (!budget || budget->count() <= 0) {
      return fail("--for " + command.budget + ": expected a time above zero, as in 10m");
    }
    plan.budget_ms = to_us(*budget) / 1000;
  }
  if (plan.seeds == 0 && plan.budget_ms == 0) {
    return fail("a campaign needs --seeds N or --for TIME, above zero");
  }
  if (!command.seed.empty()) {
    const Result<std::uint64_t> seed = parse_seed(command.seed);
    if (!seed) return seed.error();
    plan.first_seed = *seed;
  }
  for (const std::string& name : plan.tests) {
    const Result<TestFile> test = resolve_test(plan, name, plan.first_seed);
    if (!test) return test.error();
    if (auto expectable = check_expectations(*test); !expectable) return expectable.error();
  }
  return plan;
}

// The plan that an earlier part of the campaign wrote down.
Result<CampaignPlan> stored_plan(const CampaignCommand& command) {
  std::ifstream in(command.resume / "campaign.json");
  const auto json = nlohmann::json::parse(in, nullptr, false);
  if (!json.is_object() || !json.contains("tests") || !json.contains("first_seed")) {
    return fail(command.resume.string() +
                ": expected the folder of a campaign, with campaign.json");
  }
  CampaignCommand stored = command;
  stored.tests = json["tests"].get<std::vector<std::string>>();
  stored.on = json.value("on", "sim");
  stored.settings = json["settings"].get<std::vector<std::string>>();
  stored.expectations = json.value("expectations", std::vector<std::string>());
  stored.strict = json["strict"];
  stored.seed = std::to_string(json["first_seed"].get<std::uint64_t>());
  if (command.seeds == 0) stored.seeds = json["seeds"];
  return plan_of(stored);
}

// How one run is made in the plan's world.
Campaign::Try try_in(const CampaignPlan& plan, const fs::path& folder) {
  if (plan.on == "sim") return Campaign::simulate_one;
  return [results = folder / "runs"](const CampaignPlan& each, const std::string& test,
                                     std::uint64_t seed) {
    return try_on_real_processes(each, test, seed, results);
  };
}

// Findings are looked at more closely, if nobody is waiting for the end.
Result<> write_reports(const Campaign& campaign, const CampaignState& state,
                       const fs::path& folder) {
  constexpr ShrinkBudget kBudget{20'000, 1500};
  std::atomic<bool> over = state.interrupted;
  const Interruption interruption("\nholdfast: leaving out the smallest tests\n",
                                  [&over] { over = true; });
  const auto findings = record_findings(campaign, state, folder / "findings", kBudget,
                                        [&over] { return over.load(); });
  return write_campaign_reports(campaign, state, findings, folder);
}

}  // namespace

int campaign(const CampaignCommand& command) {
  const bool resumes = !command.resume.empty();
  if (!resumes && command.tests.empty()) {
    return complain("campaign: expected scenarios, files, or \"random\"", kExitBadArguments);
  }
  const Result<CampaignPlan> plan = resumes ? stored_plan(command) : plan_of(command);
  if (!plan) return complain(plan.error().message, kExitBadArguments);
  fs::path folder = command.resume;
  if (!resumes) {
    const Result<fs::path> made = make_run_folder(command.results, "campaign", std::time(nullptr));
    if (!made) return complain(made.error().message, kExitHarnessError);
    folder = *made;
  }
  Campaign campaign(*plan, folder, try_in(*plan, folder));
  if (resumes) {
    if (auto taken = campaign.resume(); !taken) {
      return complain(taken.error().message, kExitBadArguments);
    }
  }
  campaign.write_summary();  // for --resume after a kill
  const CampaignState& state = [&]() -> const CampaignState& {
    const Interruption interruption("\nholdfast: stopping the campaign\n",
                                    [&campaign] { campaign.interrupt(); });
    Line line(command.quiet);
    return campaign.run([&](const CampaignState& now) { line.show(campaign, now); });
  }();
  if (state.error.empty()) {
    if (auto written = write_reports(campaign, state, folder); !written) {
      return complain(written.error().message, kExitHarnessError);
    }
  }
  if (command.json) {
    fmt::print("{}", campaign.summary());
    return exit_code(state);
  }
  return finish(campaign, state, folder);
}

}  // namespace holdfast::harness
