// A campaign: many seeds of some tests, on all cores, with findings grouped by their cause.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "harness/campaign/trial.h"

namespace holdfast::harness {

struct CampaignPlan {
  std::string on = "sim";                 // the world that the runs are in
  std::vector<std::string> tests;         // scenarios, files, or "random"
  std::vector<std::string> settings;      // path=value, for all
  std::vector<std::string> expectations;  // path=min..max, likewise
  std::uint64_t first_seed = 1;
  std::uint64_t seeds = 0;     // of each test; 0: as many as the time allows
  std::int64_t budget_ms = 0;  // wall time; 0: no limit
  std::size_t jobs = 1;
  bool keep_going = false;
  bool strict = false;
};

// Runs of one test that were not valid for the same cause.
struct Group {
  Cause cause;
  checkers::Verdict verdict = checkers::Verdict::invalid;
  std::uint64_t runs = 0;
  std::string test;                  // of the first run
  std::uint64_t first_seed = 0;      // the lowest
  std::string folder;                // of that run, if it was recorded
  std::vector<std::uint64_t> seeds;  // the first thousand, as they were found
};

struct CampaignState {
  std::uint64_t runs = 0;  // in all, those of earlier parts of the campaign included
  std::uint64_t valid = 0;
  std::uint64_t invalid = 0;  // crashes included
  std::uint64_t unknown = 0;
  std::uint64_t left_out = 0;    // seeds that the world cannot run; they are no runs
  std::string left_out_because;  // of the first
  std::int64_t simulated_ms = 0;
  std::uint64_t events = 0;
  std::uint64_t digest = 0;  // of all trace hashes, whatever the order of the runs
  std::vector<Group> groups;
  std::int64_t wall_ms = 0;  // of this part
  std::uint64_t runs_of_this_part = 0;
  bool interrupted = false;
  std::string error;  // the harness's; empty if none
};

class Campaign {
 public:
  // One run. Called in a worker process.
  using Try = std::function<Result<TrialResult>(const CampaignPlan&, const std::string& test,
                                                std::uint64_t seed)>;
  // `folder` gets seeds.jsonl (a line for each run) and campaign.json; empty: nothing is written.
  Campaign(CampaignPlan plan, std::filesystem::path folder, Try try_one = simulate_one);

  // Takes up what a folder's seeds.jsonl says has been done. REQUIRES: run() has not begun.
  Result<> resume();
  // Calls `progress` at least twice a second.
  const CampaignState& run(const std::function<void(const CampaignState&)>& progress);
  // Makes run() return soon. Safe in a signal handler.
  void interrupt() { interrupted_.store(true); }

  std::uint64_t planned() const { return plan_.seeds * plan_.tests.size(); }
  const CampaignPlan& plan() const { return plan_; }
  // Writes campaign.json; run() does at its end.
  void write_summary() const;
  // The summary, machine-readable.
  std::string summary() const;

  static Result<TrialResult> simulate_one(const CampaignPlan& plan, const std::string& test,
                                          std::uint64_t seed);

 private:
  struct Task {
    std::size_t test = 0;
    std::uint64_t seed = 0;
  };
  bool next(Task& task);
  void take(const Task& task, const Result<TrialResult>& result);
  bool over() const;

  CampaignPlan plan_;
  std::filesystem::path folder_;
  Try try_one_;
  CampaignState state_;
  std::uint64_t issued_ = 0;
  std::set<std::pair<std::size_t, std::uint64_t>> done_;
  std::atomic<bool> interrupted_ = false;
};

// The test of a name and seed with the settings applied.
Result<TestFile> resolve_test(const CampaignPlan& plan, const std::string& name,
                              std::uint64_t seed);
// The line that repeats one run.
std::string repeat_line(const CampaignPlan& plan, const std::string& name, std::uint64_t seed);

}  // namespace holdfast::harness
