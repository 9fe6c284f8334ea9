// holdfast list: what there is, a line each with its default. Everything comes from the registries.
#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <vector>

#include "checkers/checker.h"
#include "checkers/linear/model.h"
#include "checkers/models/judgement.h"
#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/worlds.h"
#include "harness/test_file/test_file.h"
#include "nemesis/fault_type.h"
#include "nemesis/node_spec.h"
#include "node/base/wrap.h"
#include "node/core/bugs.h"
#include "node/core/settings.h"
#include "workloads/workload.h"

namespace holdfast::harness {
namespace {

using Row = std::vector<std::string>;

constexpr std::size_t kColumns = 100;  // of the terminal, as in reports

// Columns as wide as they need to be. The last is wrapped; where little room is left beside the
// others, it goes below them.
void print_rows(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::size_t indent = 0;
  for (const std::size_t width : widths) indent += width > 0 ? width + 2 : 0;
  const bool beside = indent <= kColumns / 2;
  if (!beside) indent = 4;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      line += fmt::format("{:<{}}  ", row[i], widths[i]);
    }
    if (!beside) {
      fmt::print("{}\n", line.substr(0, line.find_last_not_of(' ') + 1));
      line = std::string(indent, ' ');
    }
    fmt::print("{}", wrap(row.back(), kColumns, line, std::string(indent, ' ')));
  }
}

// Where faults work.
class Worlds {
 public:
  Worlds() {
    const TestFile test;
    for (const std::string& on : kWorlds) {
      WorldOptions options;
      options.on = on;
      if (on == "netns") options.sandbox.emplace();
      clusters_.push_back(make_world(test, options));  // never started
    }
  }

  // With its default parameters.
  std::string of(std::string_view fault) const {
    nemesis::PlannedFault planned;
    planned.fault = fault;
    return of(nemesis::Schedule{planned});
  }
  std::string of(const TestFile& test) const {
    nemesis::Schedule schedule = test.schedule;
    for (const std::string& fault :
         test.random ? test.random->faults : std::vector<std::string>{}) {
      schedule.emplace_back().fault = fault;
    }
    return of(schedule);
  }

 private:
  std::string of(const nemesis::Schedule& schedule) const {
    std::string worlds;
    for (std::size_t i = 0; i < kWorlds.size(); ++i) {
      const bool works = !nemesis::unsupported(schedule, clusters_[i]->faults());
      worlds += (worlds.empty() ? "" : " ") + (works ? kWorlds[i] : std::string("-"));
    }
    return worlds;
  }

  std::vector<std::unique_ptr<Cluster>> clusters_;  // as kWorlds
};

int list_scenarios_command() {
  const Worlds worlds;
  std::vector<Row> rows;
  for (const Scenario& scenario : list_scenarios()) {
    const auto test = parse_test_file(scenario.text, scenario.name);
    if (!test) return complain(test.error().message, kExitHarnessError);
    rows.push_back({std::string(scenario.name), worlds.of(*test), test->description});
  }
  print_rows(rows);
  fmt::print(
      "\nholdfast run <scenario> [--on sim|loopback|netns|ssh] [--seed N] [--set path=value]\n");
  return kExitValid;
}

int list_workloads() {
  std::vector<Row> rows;
  for (const workloads::WorkloadKind& kind : workloads::all_workloads()) {
    rows.push_back({std::string(kind.name), std::string(kind.doc)});
  }
  print_rows(rows);
  fmt::print("\nParameters, with their defaults (--set workload.<name>=<value>):\n\n");
  rows.clear();
  for (const workloads::ParameterDoc& parameter : workloads::parameter_docs()) {
    rows.push_back({std::string(parameter.name), parameter.default_value,
                    std::string(parameter.type), std::string(parameter.doc)});
  }
  print_rows(rows);
  return kExitValid;
}

int list_nemeses() {
  const Worlds worlds;
  std::vector<Row> rows;
  fmt::print(
      "Each with the worlds it works in (on ssh, links and partitions need root on the "
      "hosts).\n\n");
  for (const nemesis::FaultType& fault : nemesis::all_fault_types()) {
    nemesis::PlannedFault planned;
    planned.fault = fault.name;
    rows.push_back({std::string(fault.name), worlds.of(fault.name),
                    fmt::format("{} (by default it {})", fault.doc,
                                checkers::describe(fault.effects(planned)))});
    for (const nemesis::ParameterDoc& parameter : fault.parameters) {
      rows.push_back({"  " + std::string(parameter.name), std::string(parameter.default_value),
                      fmt::format("{} ({})", parameter.doc, parameter.type)});
    }
  }
  print_rows(rows);
  fmt::print("\nWhich nodes a fault hits (\"on\"):\n\n");
  rows.clear();
  for (const nemesis::NodeSpecDoc& spec : nemesis::node_spec_docs()) {
    rows.push_back({std::string(spec.form), std::string(spec.doc)});
  }
  print_rows(rows);
  return kExitValid;
}

int list_checkers() {
  std::vector<Row> rows;
  fmt::print("Of runs:\n\n");
  for (const checkers::Checker& checker : checkers::all_checkers()) {
    rows.push_back({std::string(checker.name), std::string(checker.help)});
  }
  print_rows(rows);
  fmt::print("\nOf any system's histories (holdfast check FILE… --checker <name>,…):\n\n");
  rows.clear();
  for (const checkers::TraceChecker& checker : checkers::all_trace_checkers()) {
    rows.push_back({std::string(checker.name), std::string(checker.means)});
  }
  print_rows(rows);
  return kExitValid;
}

int list_models() {
  std::vector<Row> rows;
  for (const checkers::ModelEntry& model : checkers::all_models()) {
    rows.push_back({std::string(model.name), std::string(model.help)});
  }
  print_rows(rows);
  fmt::print("\nholdfast check FILE… --model <name>\n");
  return kExitValid;
}

int list_bugs() {
  std::vector<Row> rows;
  for (const node::BugEntry& bug : node::all_bugs()) {
    rows.push_back({std::string(bug.name), fmt::format("{} ({})", bug.text, bug.origin)});
  }
  print_rows(rows);
  fmt::print("\nholdfast zoo <bug>… plants them in the nodes; so does --set bugs=<bug>,…\n");
  return kExitValid;
}

int list_config() {
  const node::Config defaults;
  std::vector<Row> rows;
  for (const node::Setting& setting : node::all_settings()) {
    rows.push_back({std::string(setting.name), setting.get(defaults), std::string(setting.values),
                    std::string(setting.help) + (setting.live ? " (live)" : "")});
  }
  print_rows(rows);
  fmt::print("\n--set node.<name>=<value>; (live): CONFIG SET changes it on a running node.\n");
  return kExitValid;
}

}  // namespace

int list(const ListCommand& command) {
  if (command.what == "scenarios") return list_scenarios_command();
  if (command.what == "workloads") return list_workloads();
  if (command.what == "nemeses") return list_nemeses();
  if (command.what == "checkers") return list_checkers();
  if (command.what == "models") return list_models();
  if (command.what == "bugs") return list_bugs();
  return list_config();
}

}  // namespace holdfast::harness
