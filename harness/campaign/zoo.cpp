#include "harness/campaign/zoo.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/campaign/workers.h"
#include "harness/swarm.h"
#include "node/core/bugs.h"

namespace holdfast::harness {
namespace {

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Of a task "<bug> <number>": the number-th try.
std::string try_bug(const ZooPlan& plan, std::string_view task) {
  const std::size_t space = task.find(' ');
  const std::string bug = plan.bugs[std::stoul(std::string(task.substr(0, space)))];
  const std::uint64_t number = std::stoull(std::string(task.substr(space + 1)));
  const std::uint64_t seed = plan.first_seed + number;
  Result<TestFile> test = resolve_test(zoo_test(number), seed);
  if (!test) return test.error().message;
  if (auto set = apply_setting(*test, "node.bugs=" + bug); !set) return set.error().message;
  const Result<TrialResult> result = try_test(*test, seed);
  return result ? to_line(*result) : result.error().message;
}

const node::BugEntry* find_bug(const std::string& name) {
  for (const node::BugEntry& bug : node::all_bugs()) {
    if (bug.name == name) return &bug;
  }
  return nullptr;
}

void take(const Workers::Done& done, const ZooPlan& plan, ZooEntry& entry) {
  const std::uint64_t number = entry.seeds++;
  Result<TrialResult> result = TrialResult();
  if (done.crashed) {
    result->verdict = checkers::Verdict::invalid;
    result->causes.push_back({"crash", shape_of(done.crash), "", done.crash, ""});
  } else {
    result = parse_trial_result(done.result);
  }
  if (!result) {
    entry.error = result.error().message;
    return;
  }
  if (result->verdict != checkers::Verdict::invalid) return;
  entry.caught = true;
  entry.test = zoo_test(number);
  entry.seed = plan.first_seed + number;
  if (!result->causes.empty()) entry.cause = result->causes.front();
}

}  // namespace

std::string zoo_test(std::uint64_t number) {
  constexpr std::string_view kScenarios[] = {"hint-holder-crash",
                                             "partition-heal",
                                             "outage-short",
                                             "delivery-interrupted",
                                             "delivery-power-loss",
                                             "two-outages",
                                             "hint-window",
                                             "hint-age",
                                             "throttle",
                                             "no-hints",
                                             "overload",
                                             "pause-unheard",
                                             "duplicates"};
  if (number % 2 == 0) return std::string(kRandomTest);
  return std::string(kScenarios[number / 2 % std::size(kScenarios)]);
}

Zoo::Zoo(ZooPlan plan) : plan_(std::move(plan)) {}

std::vector<ZooEntry> Zoo::run(const std::function<void(const std::vector<ZooEntry>&)>& progress) {
  constexpr int kPoll_ms = 200;
  std::vector<ZooEntry> entries(plan_.bugs.size());
  for (std::size_t i = 0; i < entries.size(); ++i) entries[i].bug = plan_.bugs[i];
  Workers workers(plan_.jobs, [this](std::string_view task) { return try_bug(plan_, task); });
  std::vector<std::int64_t> started_ms(entries.size(), 0);
  std::vector<bool> under_way(entries.size(), false);
  const auto open = [&](std::size_t i) {
    return !under_way[i] && !entries[i].caught && entries[i].error.empty() &&
           entries[i].seeds < plan_.seeds;
  };
  for (;;) {
    // The first bugs first, so that the table fills from the top.
    for (std::size_t i = 0; i < entries.size() && workers.has_idle() && !interrupted_; ++i) {
      if (!open(i)) continue;
      under_way[i] = true;
      started_ms[i] = now_ms();
      workers.start(i, std::to_string(i) + " " + std::to_string(entries[i].seeds));
    }
    if (workers.all_idle() || interrupted_) return entries;
    const auto done = workers.wait(kPoll_ms);
    if (!done) continue;
    ZooEntry& entry = entries[done->id];
    under_way[done->id] = false;
    entry.wall_ms += now_ms() - started_ms[done->id];
    take(*done, plan_, entry);
    progress(entries);
  }
}

std::uint64_t median_seeds(const std::vector<ZooEntry>& entries) {
  std::vector<std::uint64_t> seeds;
  for (const ZooEntry& entry : entries) {
    if (entry.caught && !entry.bug.empty()) seeds.push_back(entry.seeds);
  }
  if (seeds.empty()) return 0;
  std::ranges::sort(seeds);
  return seeds[seeds.size() / 2];
}

std::string zoo_markdown(const std::vector<ZooEntry>& entries, const std::string& command) {
  std::uint64_t caught = 0;
  std::uint64_t bugs = 0;
  std::string rows;
  for (const ZooEntry& entry : entries) {
    const node::BugEntry* const bug = find_bug(entry.bug);
    caught += entry.caught && bug != nullptr;
    bugs += bug != nullptr;
    const std::string name = bug == nullptr ? "*none: the correct node*" : "`" + entry.bug + "`";
    rows += "| " + name + " | " + (bug == nullptr ? "" : std::string(bug->text)) + " | " +
            (bug == nullptr ? "" : std::string(bug->origin)) + " | " +
            (entry.caught ? entry.cause.kind() : "**nothing**") + " | " +
            std::to_string(entry.seeds) + " | " + std::to_string(entry.wall_ms / 1000) + "." +
            std::to_string(entry.wall_ms / 100 % 10) + " | " +
            (entry.caught ? "`" + entry.test + " --seed " + std::to_string(entry.seed) + "`" : "") +
            " |\n";
  }
  return "# The zoo\n\nEach row is a bug that a real system had, planted in the reference node "
         "behind a switch\n([bugs.def](../node/core/bugs.def)), and the first test that saw it. "
         "Generated by\n\n    " +
         command + "\n\n" + std::to_string(caught) + " of " + std::to_string(bugs) +
         " bugs caught; the one in the middle after " + std::to_string(median_seeds(entries)) +
         " seeds.\n\n| bug | what goes wrong | where it happened | caught by | seeds | seconds | "
         "test |\n| --- | --- | --- | --- | --- | --- | --- |\n" +
         rows;
}

std::string zoo_json(const std::vector<ZooEntry>& entries) {
  auto json = nlohmann::ordered_json::array();
  for (const ZooEntry& entry : entries) {
    json.push_back({{"bug", entry.bug},
                    {"caught", entry.caught},
                    {"seeds", entry.seeds},
                    {"wall_ms", entry.wall_ms},
                    {"test", entry.test},
                    {"seed", entry.seed},
                    {"checker", entry.cause.checker},
                    {"anomaly", entry.cause.anomaly},
                    {"shape", entry.cause.shape},
                    {"example", entry.cause.example},
                    {"error", entry.error}});
  }
  return json.dump(2) + "\n";
}

}  // namespace holdfast::harness
