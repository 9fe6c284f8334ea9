// The judging half of evidence.h.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/evidence.h"
#include "harness/expectations.h"
#include "harness/measured.h"
#include "workloads/workload.h"

namespace holdfast::harness {
namespace {

using Json = nlohmann::ordered_json;
using checkers::Verdict;

// Of the workload's checkers, those that it gives something to judge; and why the others are left
// out, by name.
struct Selection {
  std::vector<std::string> checkers;
  std::vector<std::pair<std::string, std::string>> left_out;
};

Selection select_checkers(const TestFile& test) {
  const workloads::WorkloadKind& kind = *workloads::find_workload(test.workload);
  const workloads::OperationCounts counts = kind.count(test.parameters, test.phases.load);
  Selection selection;
  for (const std::string_view name : kind.checkers) {
    if (name == "stale-reads" && counts.reads == 0) {
      selection.left_out.emplace_back(name, "the workload reads nothing");
    } else if (name == "lost-writes" && counts.writes == 0) {
      selection.left_out.emplace_back(name, "the workload writes nothing");
    } else {
      selection.checkers.emplace_back(name);
    }
  }
  return selection;
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
  if (example.undecided) json["undecided"] = true;
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

}  // namespace

Judgement judge_evidence(const Evidence& evidence, const RunFigures& figures) {
  const checkers::Inputs inputs{evidence.history, evidence.final_state, evidence.faults,
                                evidence.facts};
  Judgement judgement;
  const Selection selection = select_checkers(evidence.test);
  judgement.checks = checkers::check(inputs, selection.checkers);
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
  for (const auto& [name, why] : selection.left_out) json["left_out"][name] = why;
  json["absence"] = absence_json(evidence.absence, evidence.faults);
  json["repair"] = repair_json(evidence.repair);
  json["measured"] = measured_json(evidence.facts);
  json["run"] = figures_json(figures);
  json["incidents"] = evidence.incidents;
  json["failures"] = evidence.failures;
  json["notes"] = evidence.notes;
  // A run that was interrupted or failed has not done what the numbers were expected of.
  if (evidence.complete && evidence.failures.empty()) {
    const std::vector<std::string> failures = unmet_expectations(evidence, json);
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
