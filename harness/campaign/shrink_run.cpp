#include "harness/campaign/shrink_run.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>

#include "harness/append_file.h"
#include "harness/campaign/simulate.h"
#include "harness/campaign/workers.h"
#include "harness/evidence.h"
#include "harness/fault_log.h"
#include "harness/runner.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Tries tests one after another in a process of its own, that may crash.
class Trials {
 public:
  explicit Trials(std::uint64_t seed)
      : workers_(1, [seed](std::string_view text) -> std::string {
          const Result<TestFile> test = parse_test_file(text, "candidate");
          if (!test) return test.error().message;
          const Result<TrialResult> result = try_test(*test, seed);
          return result ? to_line(*result) : result.error().message;
        }) {}

  // The causes for which it fails.
  std::vector<Cause> causes(const TestFile& test) {
    constexpr int kPoll_ms = 1000;
    workers_.start(1, to_json(test).dump());
    for (;;) {
      const auto done = workers_.wait(kPoll_ms);
      if (!done) continue;
      if (done->crashed) return {{"crash", shape_of(done->crash), "", done->crash, ""}};
      const Result<TrialResult> result = parse_trial_result(done->result);
      return result ? result->causes : std::vector<Cause>();
    }
  }

 private:
  Workers workers_;
};

Result<nemesis::Schedule> recorded_faults(const fs::path& folder) {
  nemesis::Schedule schedule;
  const fs::path path = folder / "faults.jsonl";
  if (!fs::exists(path)) return schedule;
  auto text = read_file(path.string());
  if (!text) return text.error();
  auto faults = parse_faults(*text, path.string());
  if (!faults) return faults.error();
  for (nemesis::InjectedFault& fault : *faults) {
    if (fault.planned.fault != nemesis::kHeal) schedule.push_back(std::move(fault.planned));
  }
  return schedule;
}

}  // namespace

bool record_run(const TestFile& test, std::uint64_t seed, const fs::path& folder,
                const std::string& command) {
  constexpr int kPoll_ms = 1000;
  Workers worker(1, [&](std::string_view) -> std::string {
    const std::unique_ptr<SimCluster> cluster = simulate(test, seed);
    RunOptions options;
    options.folder = folder;
    options.cluster = "sim";
    options.seed = seed;
    options.command = command;
    Runner runner(test, *cluster, std::move(options));
    const Result<RunResult> result = runner.run();
    return result ? "" : result.error().message;
  });
  worker.start(1, "");
  for (;;) {
    const auto done = worker.wait(kPoll_ms);
    if (done) return !done->crashed && done->result.empty();
  }
}

Result<ShrinkOutcome> shrink_run(const fs::path& folder, const ShrinkBudget& budget,
                                 const std::function<void(const ShrinkProgress&)>& progress) {
  Result<Evidence> evidence = load_evidence(folder);
  if (!evidence) return evidence.error();
  if (!evidence->virtual_time()) {
    return fail(folder.string() + ": ran on " + evidence->cluster +
                "; only simulated runs repeat exactly enough to be shrunk");
  }
  const auto faults = recorded_faults(folder);
  if (!faults) return faults.error();
  const std::int64_t start_ms = now_ms();
  Trials trials(evidence->seed);
  const std::vector<Cause> first = trials.causes(evidence->test);
  if (first.empty()) {
    return fail(folder.string() + ": repeated with its seed, this run is valid: nothing to shrink");
  }
  const Cause& kept = first.front();
  Cause last = kept;
  std::uint64_t runs = 0;
  ShrinkOracle oracle;
  oracle.fails = [&](const TestFile& candidate) {
    ++runs;
    const std::vector<Cause> causes = trials.causes(candidate);
    const auto same = std::ranges::find_if(
        causes, [&](const Cause& cause) { return cause.kind() == kept.kind(); });
    if (same != causes.end()) last = *same;
    return same != causes.end();
  };
  oracle.over = [&] { return runs >= budget.runs || now_ms() - start_ms >= budget.wall_ms; };
  oracle.progress = progress;
  const ShrinkSource source{*faults, evidence->history, kept.about};
  Shrunk shrunk = shrink(evidence->test, source, oracle);
  shrunk.test.name = evidence->test.name + "-shrunk";
  shrunk.test.description = kept.kind();
  shrunk.test.seed = evidence->seed;
  return ShrinkOutcome{std::move(shrunk.test), evidence->seed, last, shrunk.runs,
                       now_ms() - start_ms};
}

}  // namespace holdfast::harness
