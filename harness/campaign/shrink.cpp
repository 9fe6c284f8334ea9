#include "harness/campaign/shrink.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "harness/test_file/test_setting.h"

namespace holdfast::harness {
namespace {

using nemesis::NodeSpec;
using nemesis::PlannedFault;
using std::chrono::milliseconds;
using workloads::ScriptedOperation;

class Shrinker {
 public:
  Shrinker(const TestFile& test, const ShrinkSource& source, const ShrinkOracle& oracle)
      : test_(test), source_(source), oracle_(oracle) {}

  Shrunk shrink();

 private:
  // Takes the candidate if it fails too.
  bool take(const TestFile& candidate);
  template <class List, class Place>
  bool minimise_list(const List& all, const Place& place);

  bool use_recorded_faults();
  bool use_script();
  bool fewer_faults();
  bool fewer_operations();
  bool fewer_nodes();
  bool default_settings();
  bool simpler_faults();
  bool simpler_operations();

  bool say(std::string_view pass);

  TestFile test_;
  const ShrinkSource& source_;
  const ShrinkOracle& oracle_;
  std::uint64_t runs_ = 0;
  std::string_view pass_;
};

bool Shrinker::say(std::string_view pass) {
  pass_ = pass;
  if (oracle_.progress) {
    oracle_.progress(
        {pass_, runs_, test_.schedule.size(), test_.parameters.script.size(), test_.nodes});
  }
  return !oracle_.over();
}

bool Shrinker::take(const TestFile& candidate) {
  if (oracle_.over() || !validate(candidate)) return false;
  ++runs_;
  say(pass_);
  if (!oracle_.fails(candidate)) return false;
  test_ = candidate;
  return true;
}

// Zeller's ddmin over complements: takes away large parts first, in the end single ones.
// `place(candidate, items)` puts the items into a candidate.
template <class List, class Place>
bool Shrinker::minimise_list(const List& all, const Place& place) {
  List items = all;
  bool changed = false;
  TestFile empty = test_;
  place(empty, List{});
  if (!items.empty() && take(empty)) return true;
  for (std::size_t parts = 2; items.size() > 1 && !oracle_.over();) {
    parts = std::min(parts, items.size());
    bool removed = false;
    for (std::size_t part = 0; part < parts && !oracle_.over(); ++part) {
      const auto first = static_cast<std::ptrdiff_t>(items.size() * part / parts);
      const auto last = static_cast<std::ptrdiff_t>(items.size() * (part + 1) / parts);
      List rest = items;
      rest.erase(rest.begin() + first, rest.begin() + last);
      TestFile candidate = test_;
      place(candidate, rest);
      if (!take(candidate)) continue;
      items = std::move(rest);
      removed = changed = true;
      parts = std::max<std::size_t>(parts - 1, 2);
      break;
    }
    if (removed) continue;
    if (parts >= items.size()) break;
    parts *= 2;
  }
  return changed;
}

// Compound faults become the plain ones that they came to.
bool Shrinker::use_recorded_faults() {
  say("faults as they struck");
  TestFile candidate = test_;
  candidate.random.reset();
  candidate.schedule = source_.faults;
  return take(candidate);
}

// First the operations on the key of the finding alone, then all.
bool Shrinker::use_script() {
  say("operations as a list");
  const std::vector<ScriptedOperation> all = script_of(source_.history);
  std::vector<ScriptedOperation> of_key;
  std::uint64_t key = 0;
  const std::string& name = source_.key;
  if (name.size() > 1) std::from_chars(name.data() + 1, name.data() + name.size(), key);
  for (const ScriptedOperation& operation : all) {
    if (!name.empty() && operation.key == key) of_key.push_back(operation);
  }
  for (const std::vector<ScriptedOperation>* operations : {&std::as_const(of_key), &all}) {
    if (operations->empty()) continue;
    TestFile candidate = test_;
    candidate.workload = "script";
    candidate.parameters.script = *operations;
    if (take(candidate)) return true;
  }
  return false;
}

bool Shrinker::fewer_faults() {
  say("fewer faults");
  return minimise_list(test_.schedule, [](TestFile& candidate, const nemesis::Schedule& faults) {
    candidate.schedule = faults;
  });
}

bool Shrinker::fewer_operations() {
  say("fewer operations");
  if (test_.workload != "script") return false;
  return minimise_list(test_.parameters.script,
                       [](TestFile& candidate, const std::vector<ScriptedOperation>& operations) {
                         candidate.parameters.script = operations;
                       });
}

// The test without one node, the later ones moving up; nothing if something names it.
std::optional<TestFile> without_node(const TestFile& test, NodeId gone) {
  TestFile candidate = test;
  --candidate.nodes;
  for (PlannedFault& planned : candidate.schedule) {
    if (planned.on.kind != NodeSpec::Kind::nodes) continue;
    std::vector<NodeId>& nodes = planned.on.nodes;
    std::erase(nodes, gone);
    if (nodes.empty()) return std::nullopt;
    for (NodeId& node : nodes) node = static_cast<NodeId>(node - (node > gone));
  }
  for (ScriptedOperation& operation : candidate.parameters.script) {
    if (operation.node == kNoNode) continue;
    if (operation.node == gone) {
      operation.node = kNoNode;
    } else {
      operation.node = static_cast<NodeId>(operation.node - (operation.node > gone));
    }
  }
  return candidate;
}

bool Shrinker::fewer_nodes() {
  say("fewer nodes");
  bool changed = false;
  for (std::uint16_t node = test_.nodes; node-- > 0 && test_.nodes > 2;) {
    if (node >= test_.nodes) continue;
    const auto candidate = without_node(test_, static_cast<NodeId>(node));
    changed = (candidate && take(*candidate)) || changed;
  }
  return changed;
}

// Everything that shrinking may set back to its default.
bool is_plain(std::string_view path) {
  constexpr std::string_view kKept[] = {"name",
                                        "description",
                                        "nodes",
                                        "seed",
                                        "strict",
                                        "node.bugs",
                                        "protect",
                                        "workload.name",
                                        "workload.operations",
                                        "workload.timeout_ms"};
  return std::ranges::find(kKept, path) == std::end(kKept);
}

bool Shrinker::default_settings() {
  say("default settings");
  const TestFile defaults;
  bool changed = false;
  for (const TestSetting& setting : test_settings()) {
    const std::string value = setting.get(defaults);
    if (!is_plain(setting.path) || setting.get(test_) == value) continue;
    TestFile candidate = test_;
    if (setting.set(candidate, value)) changed = take(candidate) || changed;
  }
  if (!test_.expect.none_of.empty() || !test_.expect.results.empty()) {
    TestFile candidate = test_;
    candidate.expect = {};
    changed = take(candidate) || changed;
  }
  return changed;
}

// The nearest rounder times, the roundest first.
std::vector<Duration> rounder(Duration time) {
  std::vector<Duration> times;
  for (const std::int64_t unit_us : {1'000'000, 100'000, 10'000, 1000}) {
    const std::int64_t us = to_us(time);
    if (us % unit_us == 0) break;
    const std::int64_t below = us / unit_us * unit_us;
    const bool up = us - below > unit_us / 2;
    times.emplace_back(up ? below + unit_us : below);
    times.emplace_back(up ? below : below + unit_us);
  }
  return times;
}

bool Shrinker::simpler_faults() {
  say("simpler faults");
  bool changed = false;
  const auto attempt = [&](std::size_t i, const auto& change) {
    TestFile candidate = test_;
    change(candidate.schedule[i]);
    if (candidate.schedule[i] == test_.schedule[i]) return false;
    const bool taken = take(candidate);
    changed = changed || taken;
    return taken;
  };
  for (std::size_t i = 0; i < test_.schedule.size() && !oracle_.over(); ++i) {
    const std::vector<NodeId> nodes = test_.schedule[i].on.nodes;
    for (std::size_t n = 0; nodes.size() > 1 && n < nodes.size(); ++n) {
      if (attempt(i, [&](PlannedFault& each) { each.on = nemesis::spec_of({nodes[n]}); })) break;
    }
    const auto parameters = test_.schedule[i].parameters;
    for (const auto& parameter : parameters) {
      attempt(i, [&](PlannedFault& each) { each.parameters.erase(parameter.first); });
    }
    for (const Duration at : rounder(test_.schedule[i].at)) {
      if (attempt(i, [&](PlannedFault& each) { each.at = at; })) break;
    }
    if (!test_.schedule[i].length) continue;
    for (const Duration length : rounder(*test_.schedule[i].length)) {
      if (attempt(i, [&](PlannedFault& each) { each.length = length; })) break;
    }
  }
  return changed;
}

bool Shrinker::simpler_operations() {
  say("simpler operations");
  constexpr std::size_t kMost = 50;  // not worth its runs before
  bool changed = false;
  if (test_.parameters.script.size() > kMost) return false;
  for (std::size_t i = 0; i < test_.parameters.script.size() && !oracle_.over(); ++i) {
    for (const Duration at : rounder(test_.parameters.script[i].at)) {
      TestFile candidate = test_;
      candidate.parameters.script[i].at = at;
      if (!take(candidate)) continue;
      changed = true;
      break;
    }
  }
  return changed;
}

Shrunk Shrinker::shrink() {
  if (test_.random) use_recorded_faults();
  fewer_faults();
  use_recorded_faults();
  use_script();
  // Until nothing gets smaller.
  for (bool changed = true; changed && !oracle_.over();) {
    changed = fewer_faults();
    changed = fewer_operations() || changed;
    changed = fewer_nodes() || changed;
    changed = default_settings() || changed;
    changed = simpler_faults() || changed;
    changed = simpler_operations() || changed;
  }
  return {test_, runs_};
}

}  // namespace

std::vector<ScriptedOperation> script_of(const checkers::History& history) {
  std::vector<ScriptedOperation> script;
  const std::int64_t start_ns = history.phases.empty() ? 0 : history.phases.front().start_ns;
  for (const checkers::Operation& operation : history.operations) {
    ScriptedOperation scripted;
    scripted.at = Duration(std::max<std::int64_t>(operation.invoked_ns - start_ns, 0) / 1000);
    scripted.at_end = operation.phase < history.phases.size() &&
                      history.phases[operation.phase].name == "final-reads";
    scripted.function = operation.function;
    const std::string_view key = history.keys.name(operation.key);
    std::from_chars(key.data() + 1, key.data() + key.size(), scripted.key);
    scripted.node = operation.node;
    script.push_back(scripted);
  }
  return script;
}

std::string readable(const TestFile& test) {
  nlohmann::ordered_json json = to_json(test);
  TestFile plain;
  plain.parameters.script.clear();
  const nlohmann::ordered_json defaults = to_json(plain);
  for (const auto& [name, value] : defaults.items()) {
    if (!json.contains(name) || name == "name" || name == "nodes") continue;
    if (json[name] == value) {
      json.erase(name);
      continue;
    }
    if (!value.is_object()) continue;
    for (const auto& [inner, inner_value] : value.items()) {
      if (json[name].contains(inner) && json[name][inner] == inner_value) json[name].erase(inner);
    }
  }
  if (json.contains("expect") &&
      json["expect"].value("none_of", nlohmann::ordered_json()).empty() &&
      json["expect"].value("results", nlohmann::ordered_json()).empty()) {
    json.erase("expect");
  }
  return json.dump(2) + "\n";
}

Shrunk shrink(const TestFile& test, const ShrinkSource& source, const ShrinkOracle& oracle) {
  return Shrinker(test, source, oracle).shrink();
}

}  // namespace holdfast::harness
