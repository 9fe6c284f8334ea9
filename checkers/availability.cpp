#include "checkers/availability.h"

#include <array>

#include "node/base/errors.h"

namespace holdfast::checkers {
namespace {

struct Outcomes {
  std::int64_t all = 0, ok = 0, fail = 0, info = 0;

  void add(Outcome outcome) {
    ++all;
    ok += outcome == Outcome::ok;
    fail += outcome == Outcome::fail;
    info += outcome == Outcome::info;
  }
  std::int64_t ok_per_million() const { return all == 0 ? 0 : ok * 1'000'000 / all; }
};

Table outcome_table(std::string name, std::string label) {
  Table table;
  table.name = std::move(name);
  table.columns = {std::move(label), "operations", "ok", "fail", "info", "ok_per_million"};
  return table;
}

void add_row(Table& table, std::string label, const Outcomes& outcomes) {
  if (outcomes.all == 0) return;
  table.rows.push_back(
      {std::move(label),
       {outcomes.all, outcomes.ok, outcomes.fail, outcomes.info, outcomes.ok_per_million()}});
}

struct Tallies {
  Outcomes all;
  std::vector<Outcomes> by_phase;
  std::vector<Outcomes> by_node;
  std::array<Outcomes, 3> by_function;
  std::array<std::int64_t, 256> by_error{};
};

Tallies tally(const Inputs& inputs, CheckResult& result) {
  const History& history = inputs.history;
  Tallies tallies;
  tallies.by_phase.resize(history.phases.size() + 1);
  for (OperationIndex i = 0; i < history.operations.size(); ++i) {
    const Operation& operation = history.operations[i];
    tallies.all.add(operation.outcome);
    tallies.by_phase[std::min<std::size_t>(operation.phase, history.phases.size())].add(
        operation.outcome);
    tallies.by_function[static_cast<std::size_t>(operation.function)].add(operation.outcome);
    if (operation.node != kNoNode) {
      if (operation.node >= tallies.by_node.size()) {
        tallies.by_node.resize(operation.node + std::size_t{1});
      }
      tallies.by_node[operation.node].add(operation.outcome);
    }
    if (operation.outcome != Outcome::ok) {
      ++tallies.by_error[static_cast<std::size_t>(operation.error)];
    }
    if (!inputs.facts.deadline || operation.completed_ns == kNever_ns) continue;
    const std::int64_t took_ns = operation.completed_ns - operation.invoked_ns;
    const std::int64_t most_ns = to_us(*inputs.facts.deadline) * 1000;
    if (took_ns <= most_ns) continue;
    Anomaly anomaly;
    anomaly.kind = AnomalyClass::late;
    anomaly.operation = i;
    anomaly.key = operation.key;
    anomaly.node = operation.node;
    anomaly.amount = took_ns - most_ns;
    result.anomalies.push_back(anomaly);
  }
  return tallies;
}

void add_tables(const History& history, const Tallies& tallies, CheckResult& result) {
  Table phases = outcome_table("by_phase", "phase");
  for (std::size_t i = 0; i < tallies.by_phase.size(); ++i) {
    const bool named = i < history.phases.size();
    add_row(phases, named ? history.phases[i].name : "none", tallies.by_phase[i]);
  }
  Table nodes = outcome_table("by_node", "node");
  for (std::size_t i = 0; i < tallies.by_node.size(); ++i) {
    add_row(nodes, node_name(static_cast<NodeId>(i)), tallies.by_node[i]);
  }
  Table functions = outcome_table("by_function", "f");
  static constexpr std::string_view kFunctions[] = {"read", "write", "delete"};
  for (std::size_t i = 0; i < 3; ++i) {
    add_row(functions, std::string(kFunctions[i]), tallies.by_function[i]);
  }
  Table errors;
  errors.name = "errors";
  errors.columns = {"error", "operations", "definite"};
  for (std::size_t i = 0; i < tallies.by_error.size(); ++i) {
    if (tallies.by_error[i] == 0) continue;
    const auto code = static_cast<ErrorCode>(i);
    errors.rows.push_back(
        {std::string(to_string(code)), {tallies.by_error[i], is_definite(code) ? 1 : 0}});
  }
  result.tables = {std::move(phases), std::move(nodes), std::move(functions), std::move(errors)};
}

}  // namespace

CheckResult check_availability(const Inputs& inputs, const WriteIndex&) {
  CheckResult result;
  const Tallies tallies = tally(inputs, result);
  result.set("operations", tallies.all.all);
  result.set("ok", tallies.all.ok);
  result.set("fail", tallies.all.fail);
  result.set("info", tallies.all.info);
  result.set("ok_per_million", tallies.all.ok_per_million());
  add_tables(inputs.history, tallies, result);
  if (tallies.all.all == 0) {
    result.floor = Verdict::unknown;
    result.notes.push_back("no operations");
  }
  result.verdict = result.anomalies.empty() ? result.floor : Verdict::invalid;
  return result;
}

}  // namespace holdfast::checkers
