#include "harness/campaign/zoo.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/campaign/shrink_run.h"
#include "harness/campaign/workers.h"
#include "harness/test_file/swarm.h"
#include "node/core/bugs.h"

namespace holdfast::harness {
namespace {

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Result<TestFile> test_of(const ZooPlan& plan, const std::string& bug, std::uint64_t number) {
  Result<TestFile> test = resolve_test(zoo_test(number), plan.first_seed + number);
  if (!test) return test;
  if (auto set = apply_setting(*test, "node.bugs=" + bug); !set) return set.error();
  return test;
}

std::uint64_t operations_on(const TestFile& test, const Cause& cause) {
  const auto& script = test.parameters.script;
  const auto count = std::ranges::count_if(script, [&](const auto& operation) {
    return cause.about.empty() || "k" + std::to_string(operation.key) == cause.about;
  });
  return static_cast<std::uint64_t>(count);
}

// Records the run that caught the bug, shrinks it and leaves the smallest test; returns it as JSON.
std::string shrink_bug(const ZooPlan& plan, const std::string& bug, std::uint64_t number) {
  constexpr ShrinkBudget kBudget{60'000, 3000};
  const Result<TestFile> test = test_of(plan, bug, number);
  if (!test) return test.error().message;
  const std::filesystem::path run = plan.folder / (bug + ".run");
  if (!record_run(*test, plan.first_seed + number, run)) return bug + ": its run crashed";
  const auto outcome = shrink_run(run, kBudget, {});
  std::error_code ignored;
  std::filesystem::remove_all(run, ignored);
  if (!outcome) return outcome.error().message;
  std::ofstream(plan.folder / (bug + ".json")) << readable(outcome->test);
  return nlohmann::json{{"faults", outcome->test.schedule.size()},
                        {"operations", operations_on(outcome->test, outcome->cause)},
                        {"listed", outcome->test.workload == "script"},
                        {"wall_ms", outcome->wall_ms}}
      .dump();
}

// Of a task "try <bug> <number>" or "shrink <bug> <number>": the bug's number-th try.
std::string work(const ZooPlan& plan, std::string_view task) {
  std::istringstream words{std::string(task)};
  std::string what;
  std::size_t index = 0;
  std::uint64_t number = 0;
  words >> what >> index >> number;
  const std::string& bug = plan.bugs[index];
  if (what == "shrink") return shrink_bug(plan, bug, number);
  const Result<TestFile> test = test_of(plan, bug, number);
  if (!test) return test.error().message;
  const Result<TrialResult> result = try_test(*test, plan.first_seed + number);
  return result ? to_line(*result) : result.error().message;
}

const node::BugEntry* find_bug(const std::string& name) {
  for (const node::BugEntry& bug : node::all_bugs()) {
    if (bug.name == name) return &bug;
  }
  return nullptr;
}

void take_smallest(const Workers::Done& done, ZooEntry& entry) {
  const auto json = nlohmann::json::parse(done.result, nullptr, false);
  entry.smallest.emplace();
  if (done.crashed || !json.is_object()) {
    entry.error = done.crashed ? done.crash : done.result;
    return;
  }
  entry.smallest->faults = json["faults"];
  entry.smallest->operations = json["operations"];
  entry.smallest->listed = json["listed"];
  entry.smallest->wall_ms = json["wall_ms"];
}

void take(const Workers::Done& done, const ZooPlan& plan, ZooEntry& entry) {
  if (entry.caught) return take_smallest(done, entry);
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
  for (std::size_t i = 0; i < entries.size(); ++i) {
    entries[i].bug = plan_.bugs[i];
    entries[i].budget = plan_.seeds;
  }
  Workers workers(plan_.jobs, [this](std::string_view task) { return work(plan_, task); });
  std::vector<std::int64_t> started_ms(entries.size(), 0);
  std::vector<bool> under_way(entries.size(), false);
  const auto open = [&](std::size_t i) {
    const ZooEntry& entry = entries[i];
    if (under_way[i] || !entry.error.empty()) return false;
    return entry.caught ? !plan_.folder.empty() && !entry.smallest : entry.seeds < plan_.seeds;
  };
  for (;;) {
    // The first bugs first, so that the table fills from the top.
    for (std::size_t i = 0; i < entries.size() && workers.has_idle() && !interrupted_; ++i) {
      if (!open(i)) continue;
      under_way[i] = true;
      started_ms[i] = now_ms();
      const bool caught = entries[i].caught;
      workers.start(i, (caught ? "shrink " : "try ") + std::to_string(i) + " " +
                           std::to_string(entries[i].seeds - (caught ? 1 : 0)));
    }
    if (workers.all_idle() || interrupted_) return entries;
    const auto done = workers.wait(kPoll_ms);
    if (!done) continue;
    ZooEntry& entry = entries[done->id];
    under_way[done->id] = false;
    if (!entry.caught) entry.wall_ms += now_ms() - started_ms[done->id];
    take(*done, plan_, entry);
    progress(entries);
  }
}

std::uint64_t small_percent(const std::vector<ZooEntry>& entries) {
  std::uint64_t small = 0;
  std::uint64_t all = 0;
  for (const ZooEntry& entry : entries) {
    small += entry.smallest && entry.smallest->is_small();
    all += entry.smallest.has_value();
  }
  return all == 0 ? 0 : small * 100 / all;
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

std::string caught_by(const ZooEntry& entry) {
  if (entry.caught) return entry.cause.kind();
  if (!entry.is_unfinished()) return "nothing";
  if (entry.seeds == 0) return "not tried";
  return "nothing so far, after " + std::to_string(entry.seeds) + " of " +
         std::to_string(entry.budget) + " seeds";
}

// "1 fault, 2 operations"
std::string smallest_text(const ZooEntry& entry) {
  if (!entry.smallest) return "";
  const auto counted = [](std::uint64_t count, const char* what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
  };
  return counted(entry.smallest->faults, "fault") + ", " +
         (entry.smallest->listed ? counted(entry.smallest->operations, "operation")
                                 : std::string("all operations"));
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
            (entry.caught ? entry.cause.kind() : "**" + caught_by(entry) + "**") + " | " +
            std::to_string(entry.seeds) + " | " + std::to_string(entry.wall_ms / 1000) + "." +
            std::to_string(entry.wall_ms / 100 % 10) + " | " +
            (entry.caught ? "`" + entry.test + " --seed " + std::to_string(entry.seed) + "`" : "") +
            " | " + smallest_text(entry) + " |\n";
  }
  return "# The zoo\n\nEach row is a bug that a real system had, planted in the reference node "
         "behind a switch\n([bugs.def](../node/core/bugs.def)), and the first test that saw it. "
         "Generated by\n\n    " +
         command + "\n\n" + std::to_string(caught) + " of " + std::to_string(bugs) +
         " bugs caught, half of them within " + std::to_string(median_seeds(entries)) +
         " seeds (tried in turn with every test).\nOf those shrunk, " +
         std::to_string(small_percent(entries)) +
         " % come down to at most 3 faults and 10 operations on the key\nconcerned.\n\n"
         "| bug | what goes wrong | where it happened | caught by | seeds | seconds | test | "
         "smallest test |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n" +
         rows;
}

std::string zoo_json(const std::vector<ZooEntry>& entries) {
  auto json = nlohmann::ordered_json::array();
  for (const ZooEntry& entry : entries) {
    json.push_back({{"bug", entry.bug},
                    {"caught", entry.caught},
                    {"finished", !entry.is_unfinished()},
                    {"seeds", entry.seeds},
                    {"wall_ms", entry.wall_ms},
                    {"test", entry.test},
                    {"seed", entry.seed},
                    {"checker", entry.cause.checker},
                    {"anomaly", entry.cause.anomaly},
                    {"shape", entry.cause.shape},
                    {"example", entry.cause.example},
                    {"smallest_test", smallest_text(entry)},
                    {"shrink_ms", entry.smallest ? entry.smallest->wall_ms : 0},
                    {"error", entry.error}});
  }
  return json.dump(2) + "\n";
}

}  // namespace holdfast::harness
