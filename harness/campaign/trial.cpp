#include "harness/campaign/trial.h"

#include <nlohmann/json.hpp>

#include "harness/campaign/simulate.h"
#include "harness/runner.h"
#include "harness/test_file/swarm.h"

namespace holdfast::harness {

Result<TrialResult> try_test(const TestFile& test, std::uint64_t seed) {
  const std::unique_ptr<SimCluster> cluster = simulate(test, seed);
  RunOptions options;
  options.cluster = "sim";
  options.seed = seed;
  options.record_files = false;
  Runner runner(test, *cluster, std::move(options));
  const Result<RunResult> run = runner.run();
  if (!run) return run.error();
  TrialResult result;
  result.verdict = run->verdict;
  result.simulated_ms = cluster->now_ns() / 1'000'000;
  const Cluster::Statistics statistics = cluster->statistics();
  result.trace_hash = statistics.trace_hash;
  result.events = statistics.events;
  if (result.verdict != checkers::Verdict::valid) result.causes = causes_of(run->results_json);
  return result;
}

std::string to_line(const TrialResult& result) {
  nlohmann::ordered_json json;
  json["verdict"] = to_string(result.verdict);
  json["trace_hash"] = result.trace_hash;
  json["simulated_ms"] = result.simulated_ms;
  json["events"] = result.events;
  auto& causes = json["causes"] = nlohmann::ordered_json::array();
  for (const Cause& cause : result.causes) {
    causes.push_back({cause.checker, cause.anomaly, cause.shape, cause.example, cause.about});
  }
  if (!result.folder.empty()) json["folder"] = result.folder;
  if (!result.left_out.empty()) json["left_out"] = result.left_out;
  return json.dump();
}

Result<TrialResult> parse_trial_result(std::string_view line) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object() || !json.contains("verdict") || !json.contains("causes")) {
    return fail("expected a trial's result, got \"" + std::string(line.substr(0, 200)) + "\"");
  }
  TrialResult result;
  for (const auto verdict :
       {checkers::Verdict::valid, checkers::Verdict::invalid, checkers::Verdict::unknown}) {
    if (json["verdict"] == to_string(verdict)) result.verdict = verdict;
  }
  result.trace_hash = json.value("trace_hash", std::uint64_t{0});
  result.simulated_ms = json.value("simulated_ms", std::int64_t{0});
  result.events = json.value("events", std::uint64_t{0});
  result.folder = json.value("folder", "");
  result.left_out = json.value("left_out", "");
  for (const auto& each : json["causes"]) {
    result.causes.push_back({each[0], each[1], each[2], each[3], each[4]});
  }
  return result;
}

Result<TestFile> resolve_test(const std::string& name, std::uint64_t seed) {
  if (name == kRandomTest) return draw_random_test(seed);
  return load_test_file(name);
}

}  // namespace holdfast::harness
