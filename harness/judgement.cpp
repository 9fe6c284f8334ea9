// The judging half of evidence.h.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/evidence.h"
#include "harness/measured.h"
#include "workloads/workload.h"

namespace holdfast::harness {
namespace {

using Json = nlohmann::ordered_json;
using checkers::Verdict;

std::vector<std::string> checkers_of(const TestFile& test) {
  const auto& names = workloads::find_workload(test.workload)->checkers;
  return {names.begin(), names.end()};
}

std::vector<checkers::AnomalyClass> never_allowed(const TestFile& test) {
  std::vector<checkers::AnomalyClass> classes;
  for (const std::string& name : test.expect.none_of) {
    classes.push_back(*checkers::parse_anomaly_class(name));
  }
  return classes;
}

Json value_json(const checkers::Value& value) {
  return std::visit([](const auto& each) { return Json(each); }, value);
}

Json example_json(const checkers::Example& example) {
  Json json;
  json["class"] = to_string(example.kind);
  json["key"] = example.key;
  if (example.operation != checkers::kNoOperation) json["operation"] = example.operation;
  auto& nodes = json["nodes"] = Json::array();
  for (NodeId node : example.nodes) nodes.push_back(node_name(node));
  json["text"] = example.text;
  json["allowed"] = example.allowed;
  if (!example.reason.empty()) json["reason"] = example.reason;
  if (!example.autopsy.empty()) json["autopsy"] = example.autopsy;
  return json;
}

Json table_json(const checkers::Table& table) {
  Json json;
  json["name"] = table.name;
  json["columns"] = table.columns;
  auto& rows = json["rows"] = Json::array();
  for (const auto& row : table.rows) {
    auto cells = Json::array({row.label});
    for (std::int64_t number : row.numbers) cells.push_back(number);
    rows.push_back(std::move(cells));
  }
  return json;
}

Json check_json(const checkers::CheckResult& check) {
  Json json;
  json["verdict"] = to_string(check.verdict);
  for (const auto& [name, value] : check.values) json[name] = value_json(value);
  const auto allowed = std::ranges::count_if(
      check.anomalies, [](const checkers::Anomaly& anomaly) { return anomaly.allowed; });
  json["anomalies"] = check.anomalies.size();
  json["anomalies_allowed"] = allowed;
  json["notes"] = check.notes;
  auto& examples = json["examples"] = Json::array();
  for (const auto& example : check.examples) examples.push_back(example_json(example));
  auto& tables = json["tables"] = Json::array();
  for (const auto& table : check.tables) tables.push_back(table_json(table));
  return json;
}

Json operations_json(const checkers::History& history) {
  std::uint64_t counts[3] = {0, 0, 0};
  std::uint64_t reads = 0;
  for (const checkers::Operation& operation : history.operations) {
    ++counts[static_cast<std::size_t>(operation.outcome)];
    if (!operation.is_write()) ++reads;
  }
  return {{"total", history.operations.size()},
          {"reads", reads},
          {"ok", counts[0]},
          {"fail", counts[1]},
          {"info", counts[2]}};
}

Json phases_json(const checkers::History& history) {
  auto phases = Json::array();
  for (const checkers::Phase& phase : history.phases) {
    phases.push_back({{"name", phase.name}, {"start_ms", phase.start_ns / 1'000'000}});
  }
  return phases;
}

Json figures_json(const RunFigures& figures) {
  auto samples = Json::array();
  for (const RunFigures::Sample& sample : figures.hints_pending) {
    samples.push_back({sample.at_ns / 1'000'000, sample.pending});
  }
  return {{"events", figures.events},
          {"messages", figures.messages},
          {"faults", figures.faults},
          {"repair_rounds", figures.repair_rounds},
          {"hints_pending_by_ms", std::move(samples)}};
}

// The number at a path of results.json; truth counts as 1.
std::optional<std::int64_t> number_at(const Json& results, const std::string& path) {
  const Json::json_pointer pointer("/" + path);
  if (!results.contains(pointer)) return std::nullopt;
  const Json& value = results[pointer];
  if (value.is_boolean()) return value.get<bool>() ? 1 : 0;
  if (!value.is_number_integer()) return std::nullopt;
  return value.get<std::int64_t>();
}

// What the test expected of the numbers, and what came instead.
Json expectations_json(const Evidence& evidence, const Json& results) {
  auto failures = Json::array();
  for (const auto& expected_range : evidence.test.expect.results) {
    const std::string& path = expected_range.first;
    const Expectation::Range& range = expected_range.second;
    if (range.simulated_only && !evidence.virtual_time()) continue;
    const auto number = number_at(results, path);
    const auto complain = [&](const std::string& expected) {
      failures.push_back(path + " is " + (number ? std::to_string(*number) : "missing") +
                         ", expected " + expected);
    };
    if (range.min && (!number || *number < *range.min)) {
      complain("at least " + std::to_string(*range.min));
    } else if (range.max && (!number || *number > *range.max)) {
      complain("at most " + std::to_string(*range.max));
    }
  }
  return failures;
}

}  // namespace

Judgement judge_evidence(const Evidence& evidence, const RunFigures& figures) {
  const checkers::Inputs inputs{evidence.history, evidence.final_state, evidence.faults,
                                evidence.facts};
  Judgement judgement;
  judgement.checks = checkers::check(inputs, checkers_of(evidence.test));
  const PromiseInputs promises{inputs,
                               evidence.test.config,
                               evidence.test.nodes,
                               evidence.virtual_time(),
                               evidence.test.strict,
                               never_allowed(evidence.test),
                               evidence.events};
  judgement.verdict = judge(judgement.checks, promises);

  Json json;
  json["verdict"] = "";  // its place; known last
  json["test"] = evidence.test.name;
  json["cluster"] = evidence.cluster;
  json["seed"] = evidence.seed;
  if (evidence.virtual_time()) {
    char hash[17];
    std::snprintf(hash, sizeof hash, "%016llx",
                  static_cast<unsigned long long>(figures.trace_hash));
    json["trace_hash"] = hash;
  }
  json["simulated_s"] = figures.simulated_s;
  json["wall_s"] = figures.wall_s;
  json["interrupted"] = !evidence.complete;
  json["operations"] = operations_json(evidence.history);
  json["phases"] = phases_json(evidence.history);
  for (const auto& check : judgement.checks) json["checkers"][check.checker] = check_json(check);
  json["absence"] = absence_json(evidence.absence);
  json["measured"] = measured_json(evidence.facts);
  json["run"] = figures_json(figures);
  json["incidents"] = evidence.incidents;
  json["failures"] = evidence.failures;
  json["notes"] = evidence.notes;
  // A run that was interrupted or failed has not done what the numbers were expected of.
  if (evidence.complete && evidence.failures.empty()) {
    const Json failures = expectations_json(evidence, json);
    const Verdict verdict = failures.empty() ? Verdict::valid : Verdict::invalid;
    json["expectations"] = {{"verdict", to_string(verdict)}, {"failures", failures}};
    judgement.verdict = worst(judgement.verdict, verdict);
  } else if (!evidence.test.expect.results.empty() || !evidence.final_state.any_dumped()) {
    judgement.verdict = worst(judgement.verdict, Verdict::unknown);
  }
  // What the harness could not do makes each excuse and deadline doubtful: no verdict follows from
  // what was observed. A node that ended by itself is wrong all the same.
  if (!evidence.failures.empty()) judgement.verdict = Verdict::unknown;
  if (!evidence.incidents.empty()) judgement.verdict = Verdict::invalid;
  json["verdict"] = to_string(judgement.verdict);
  judgement.results_json = json.dump(2) + "\n";
  return judgement;
}

}  // namespace holdfast::harness
