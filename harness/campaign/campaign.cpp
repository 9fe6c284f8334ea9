#include "harness/campaign/campaign.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>

#include "harness/campaign/workers.h"
#include "node/base/random.h"

namespace holdfast::harness {
namespace {

using Json = nlohmann::ordered_json;

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Hours may pass in a simulated minute; a real run's own limits end it well before.
int task_timeout_s(const CampaignPlan& plan) { return plan.on == "sim" ? 300 : 4 * 3600; }

Result<TrialResult> result_of(const Workers::Done& done) {
  if (!done.crashed && !done.result.starts_with('{')) return fail(done.result);  // the harness's
  if (!done.crashed) return parse_trial_result(done.result);
  TrialResult result;
  result.verdict = checkers::Verdict::invalid;
  result.causes.push_back({"crash", shape_of(done.crash), "", done.crash, ""});
  return result;
}

}  // namespace

Result<TestFile> resolve_test(const CampaignPlan& plan, const std::string& name,
                              std::uint64_t seed) {
  Result<TestFile> test = resolve_test(name, seed);
  if (!test) return test;
  if (auto applied = apply_overrides(*test, plan.settings, plan.expectations); !applied)
    return applied.error();
  if (plan.strict) test->strict = true;
  if (auto valid = validate(*test); !valid) return fail(name + ": " + valid.error().message);
  return test;
}

std::string repeat_line(const CampaignPlan& plan, const std::string& name, std::uint64_t seed) {
  std::string line = "holdfast run " + name;
  if (plan.on != "sim") line += " --on " + plan.on;
  line += " --seed " + std::to_string(seed);
  for (const std::string& setting : plan.settings) line += " --set " + setting;
  for (const std::string& each : plan.expectations) line += " --expect " + each;
  return line + (plan.strict ? " --strict" : "");
}

Campaign::Campaign(CampaignPlan plan, std::filesystem::path folder, Try try_one)
    : plan_(std::move(plan)), folder_(std::move(folder)), try_one_(std::move(try_one)) {}

Result<TrialResult> Campaign::simulate_one(const CampaignPlan& plan, const std::string& test,
                                           std::uint64_t seed) {
  const Result<TestFile> resolved = resolve_test(plan, test, seed);
  if (!resolved) return resolved.error();
  return try_test(*resolved, seed);
}

// Test by test in turn, so that a time budget is shared.
bool Campaign::next(Task& task) {
  for (;;) {
    task.test = issued_ % plan_.tests.size();
    const std::uint64_t number = issued_ / plan_.tests.size();
    if (plan_.seeds > 0 && number >= plan_.seeds) return false;
    task.seed = plan_.first_seed + number;
    ++issued_;
    if (!done_.contains({task.test, task.seed})) return true;
  }
}

void Campaign::take(const Task& task, const Result<TrialResult>& result) {
  if (!result) {
    state_.error =
        repeat_line(plan_, plan_.tests[task.test], task.seed) + ": " + result.error().message;
    return;
  }
  if (!result->left_out.empty()) {
    if (state_.left_out++ == 0) state_.left_out_because = result->left_out;
    return;
  }
  ++state_.runs;
  state_.simulated_ms += result->simulated_ms;
  state_.events += result->events;
  state_.digest += mix64(result->trace_hash ^ derive_seed(task.seed, plan_.tests[task.test]));
  const auto verdict = result->verdict;
  (verdict == checkers::Verdict::valid     ? state_.valid
   : verdict == checkers::Verdict::invalid ? state_.invalid
                                           : state_.unknown)++;
  // A run belongs to its gravest cause.
  if (result->causes.empty()) return;
  const Cause& cause = result->causes.front();
  auto group = std::ranges::find_if(state_.groups, [&](const Group& each) {
    return each.cause.key() == cause.key() && each.test == plan_.tests[task.test];
  });
  if (group == state_.groups.end()) {
    state_.groups.push_back(
        {cause, verdict, 0, plan_.tests[task.test], task.seed, result->folder, {}});
    group = state_.groups.end() - 1;
  }
  constexpr std::size_t kMostSeeds = 1000;
  ++group->runs;
  if (group->seeds.size() < kMostSeeds) group->seeds.push_back(task.seed);
  if (task.seed < group->first_seed) {
    group->first_seed = task.seed;
    group->folder = result->folder;
    group->cause = cause;
  }
}

Result<> Campaign::resume() {
  std::ifstream in(folder_ / "seeds.jsonl");
  if (!in) return fail((folder_ / "seeds.jsonl").string() + ": cannot read it");
  for (std::string line; std::getline(in, line);) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object() || !json.contains("test")) continue;  // cut off by the interruption
    const auto test = std::ranges::find(plan_.tests, json["test"].get<std::string>());
    if (test == plan_.tests.end()) continue;
    const Task task{static_cast<std::size_t>(test - plan_.tests.begin()), json["seed"]};
    if (!done_.insert({task.test, task.seed}).second) continue;
    take(task, parse_trial_result(json["result"].dump()));
  }
  return {};
}

bool Campaign::over() const {
  if (interrupted_ || !state_.error.empty()) return true;
  if (plan_.budget_ms > 0 && state_.wall_ms >= plan_.budget_ms) return true;
  return !plan_.keep_going && state_.invalid > 0;
}

const CampaignState& Campaign::run(const std::function<void(const CampaignState&)>& progress) {
  constexpr int kPoll_ms = 200;
  constexpr std::int64_t kProgress_ms = 200;
  const std::int64_t start_ms = now_ms();
  const std::uint64_t runs_before = state_.runs;
  Workers workers(
      plan_.jobs,
      [this](std::string_view text) -> std::string {
        const std::size_t space = text.find(' ');
        const std::string& name = plan_.tests[std::stoul(std::string(text.substr(0, space)))];
        const std::uint64_t seed = std::stoull(std::string(text.substr(space + 1)));
        const Result<TrialResult> result = try_one_(plan_, name, seed);
        return result ? to_line(*result) : result.error().message;
      },
      task_timeout_s(plan_));
  std::ofstream log;
  if (!folder_.empty()) log.open(folder_ / "seeds.jsonl", std::ios::app);
  std::map<std::uint64_t, Task> under_way;
  std::uint64_t id = 0;
  std::int64_t shown_ms = 0;
  for (bool more = true;;) {
    while (more && !over() && workers.has_idle()) {
      Task task;
      if (!(more = next(task))) break;
      under_way[++id] = task;
      workers.start(id, std::to_string(task.test) + " " + std::to_string(task.seed));
    }
    if (under_way.empty() || interrupted_) break;
    const auto done = workers.wait(kPoll_ms);
    state_.wall_ms = now_ms() - start_ms;
    if (done) {
      const Task task = under_way[done->id];
      under_way.erase(done->id);
      const Result<TrialResult> result = result_of(*done);
      take(task, result);
      state_.runs_of_this_part = state_.runs - runs_before;
      if (result && log.is_open()) {
        log << R"({"test":)" << Json(plan_.tests[task.test]).dump() << R"(,"seed":)" << task.seed
            << R"(,"result":)" << to_line(*result) << "}\n";
      }
    }
    if (state_.wall_ms - shown_ms >= kProgress_ms) {
      shown_ms = state_.wall_ms;
      log.flush();
      progress(state_);
    }
  }
  state_.interrupted = interrupted_;
  write_summary();
  return state_;
}

// At once or not at all: resuming needs it.
void Campaign::write_summary() const {
  if (folder_.empty()) return;
  const std::filesystem::path fresh = folder_ / ".campaign.json";
  std::error_code ignored;
  if ((std::ofstream(fresh) << summary()).flush()) {
    std::filesystem::rename(fresh, folder_ / "campaign.json", ignored);
  }
}

std::string Campaign::summary() const {
  Json json;
  json["tests"] = plan_.tests;
  json["on"] = plan_.on;
  json["settings"] = plan_.settings;
  json["expectations"] = plan_.expectations;
  json["strict"] = plan_.strict;
  json["first_seed"] = plan_.first_seed;
  json["seeds"] = plan_.seeds;
  json["runs"] = state_.runs;
  json["valid"] = state_.valid;
  json["invalid"] = state_.invalid;
  json["unknown"] = state_.unknown;
  json["left_out"] = state_.left_out;
  json["interrupted"] = state_.interrupted;
  json["error"] = state_.error;
  json["digest"] = state_.digest;
  json["simulated_s"] = state_.simulated_ms / 1000;
  json["events"] = state_.events;
  json["wall_ms"] = state_.wall_ms;
  json["jobs"] = plan_.jobs;
  auto& findings = json["findings"] = Json::array();
  for (const Group& group : state_.groups) {
    findings.push_back({{"verdict", to_string(group.verdict)},
                        {"checker", group.cause.checker},
                        {"anomaly", group.cause.anomaly},
                        {"shape", group.cause.shape},
                        {"runs", group.runs},
                        {"test", group.test},
                        {"seed", group.first_seed},
                        {"seeds", group.seeds},
                        {"repeat", repeat_line(plan_, group.test, group.first_seed)},
                        {"example", group.cause.example}});
  }
  return json.dump(2) + "\n";
}

}  // namespace holdfast::harness
