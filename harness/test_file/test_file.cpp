#include "harness/test_file/test_file.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "checkers/checker.h"
#include "harness/test_file/source_lines.h"
#include "harness/test_file/test_setting.h"
#include "nemesis/fault_type.h"
#include "node/base/spelling.h"
#include "node/core/settings.h"
#include "workloads/script.h"

namespace holdfast::harness {
namespace {

using Json = nlohmann::json;

// The members of a test file that are not single values.
constexpr std::string_view kSections[] = {"node", "network", "workload", "phases"};

// The one setting that is a list.
constexpr std::string_view kScript = "workload.operations";

// What a setting's JSON value must be, in words.
std::string_view json_type(const TestSetting& setting) {
  if (setting.type == "integer") return "a whole number";
  if (setting.type == "boolean") return "true or false";
  if (setting.type == "text" || setting.type == "list") return "a text";
  const Json value = Json::parse(setting.get(TestFile()), nullptr, false);
  return value.is_number() ? "a number" : value.is_boolean() ? "true or false" : "a text";
}

bool is_of(std::string_view type, const Json& value) {
  if (type == "a text") return value.is_string();
  return type == "true or false" ? value.is_boolean() : value.is_number();
}

bool is_section(std::string_view name) { return std::ranges::count(kSections, name) > 0; }

// Fills a TestFile from JSON; every error knows its line.
class Reader {
 public:
  Reader(const SourceLines& lines, TestFile& test) : lines_(lines), test_(test) {}

  Result<> read(const Json& json) {
    if (!json.is_object()) return lines_.error_at("", "expected an object: a test");
    for (const auto& [name, value] : json.items()) {
      if (auto taken = take(name, value); !taken) return taken;
    }
    if (test_.name.empty()) return lines_.error_at("", "the test has no \"name\"");
    if (auto checked = check_names(); !checked) return checked;
    if (auto valid = validate(test_); !valid) {
      return lines_.error_at(culprit(valid.error().message), valid.error().message);
    }
    return {};
  }

 private:
  Result<> take(const std::string& name, const Json& value) {
    if (is_section(name)) return take_section(name, value);
    if (name == "schedule") return take_schedule(value);
    if (name == "expect") return take_expect(value);
    if (name == "$schema") return {};
    return take_setting(name, "/" + name, value);
  }

  Result<> take_section(const std::string& section, const Json& json) {
    if (!json.is_object()) {
      return lines_.error_at("/" + section, "\"" + section + "\": expected an object");
    }
    for (const auto& [name, value] : json.items()) {
      const bool list = section + "." + name == kScript && value.is_array();
      auto taken = list ? take_script(value)
                        : take_setting(section + "." + name, "/" + section + "/" + name, value);
      if (!taken) return taken;
    }
    return {};
  }

  static std::string operation_pointer(std::size_t index) {
    return "/workload/operations/" + std::to_string(index);
  }

  // Each operation by itself: an error knows the line of the one that is wrong.
  Result<> take_script(const Json& json) {
    std::vector<workloads::ScriptedOperation> script;
    for (std::size_t i = 0; i < json.size(); ++i) {
      if (!json[i].is_string()) {
        return lines_.error_at(operation_pointer(i), "operation " + std::to_string(i + 1) + " is " +
                                                         json[i].dump() + ", expected a text");
      }
      auto operation = workloads::parse_operation(i, json[i].get_ref<const std::string&>());
      if (!operation) return lines_.error_at(operation_pointer(i), operation.error().message);
      script.push_back(*operation);
    }
    test_.parameters.script = std::move(script);
    return {};
  }

  // What the schedule and the operations name must be there.
  Result<> check_names() const {
    for (std::size_t i = 0; i < test_.schedule.size(); ++i) {
      auto checked = nemesis::check_nodes({test_.schedule[i]}, test_.nodes);
      if (!checked) {
        return lines_.error_at("/schedule/" + std::to_string(i), checked.error().message);
      }
    }
    const auto& script = test_.parameters.script;
    for (std::size_t i = 0; i < script.size(); ++i) {
      auto checked = workloads::check_node(i, script[i], test_.nodes);
      if (!checked) return lines_.error_at(operation_pointer(i), checked.error().message);
    }
    return {};
  }

  Result<> take_setting(const std::string& path, const std::string& pointer, const Json& value) {
    const TestSetting* const setting = find_test_setting(path);
    if (setting == nullptr) return lines_.error_at(pointer, unknown(path));
    if (!value.is_string() && !value.is_number() && !value.is_boolean()) {
      return lines_.error_at(pointer, path + " is " + value.dump() + ", expected one value");
    }
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    if (const std::string_view type = json_type(*setting); !is_of(type, value)) {
      return lines_.error_at(pointer,
                             path + " is " + value.dump() + ", expected " + std::string(type));
    }
    auto set = setting->set(test_, text);
    if (!set) return lines_.error_at(pointer, set.error().message);
    return {};
  }

  static std::string unknown(const std::string& path) {
    const std::size_t dot = path.find('.');
    const std::string prefix = dot == std::string::npos ? "" : path.substr(0, dot + 1);
    std::vector<std::string_view> known;
    for (const TestSetting& setting : test_settings()) {
      if (!setting.path.starts_with(prefix)) continue;
      const auto rest = std::string_view(setting.path).substr(prefix.size());
      if (rest.find('.') == std::string_view::npos) known.push_back(rest);
    }
    if (prefix.empty()) {
      known.insert(known.end(), std::begin(kSections), std::end(kSections));
      known.insert(known.end(), {"schedule", "expect"});
    }
    const std::string name = path.substr(prefix.size());
    return "unknown key \"" + name + "\"; " + known_names(name, known);
  }

  Result<> take_schedule(const Json& json) {
    if (json.is_object()) return take_random(json);
    if (!json.is_array()) {
      return lines_.error_at("/schedule",
                             "\"schedule\": expected a list of faults, or {\"random\": {…}}");
    }
    for (std::size_t i = 0; i < json.size(); ++i) {
      auto planned = nemesis::parse_planned_fault(json[i]);
      if (!planned) {
        return lines_.error_at("/schedule/" + std::to_string(i), planned.error().message);
      }
      test_.schedule.push_back(std::move(*planned));
    }
    return {};
  }

  Result<> take_random(const Json& json) {
    if (json.size() != 1 || !json.contains("random") || !json["random"].is_object()) {
      return lines_.error_at("/schedule", "\"schedule\": expected {\"random\": {…}}");
    }
    nemesis::RandomPlan plan;
    for (const auto& [name, value] : json["random"].items()) {
      auto taken = take_random_member(plan, name, value);
      if (!taken) return lines_.error_at("/schedule/random/" + name, taken.error().message);
    }
    test_.random = std::move(plan);
    if (!lines_.contains("/protect")) test_.protect = true;
    return {};
  }

  static Result<> take_random_member(nemesis::RandomPlan& plan, const std::string& name,
                                     const Json& value) {
    if (name == "most" && value.is_number_unsigned() && value.get<std::uint64_t>() <= 1000) {
      plan.most = value.get<std::uint32_t>();
      return {};
    }
    if (name == "over" && value.is_string()) {
      const auto over = nemesis::parse_duration(value.get<std::string>());
      if (!over) return fail("\"over\": expected a duration with its unit, as in \"60s\"");
      plan.over = *over;
      return {};
    }
    if (name == "faults" && value.is_array()) {
      for (const Json& fault : value) {
        auto known = nemesis::parse_planned_fault({{"at", "0s"}, {"fault", fault}});
        if (!known) return known.error();
        plan.faults.push_back(fault.get<std::string>());
      }
      return {};
    }
    return fail(
        "a random plan has \"faults\" (a list of names), \"most\" (a whole number to 1000) "
        "and \"over\" (a duration), not \"" +
        name + "\": " + value.dump());
  }

  Result<> take_expect(const Json& json) {
    if (!json.is_object()) return lines_.error_at("/expect", "\"expect\": expected an object");
    for (const auto& [name, value] : json.items()) {
      Result<> taken;
      if (name == "none_of") {
        taken = take_classes(value);
      } else if (name == "results" && value.is_object()) {
        taken = take_ranges(value);
      } else {
        taken = lines_.error_at("/expect/" + name,
                                "\"expect\" has \"none_of\" (a list of classes) and \"results\" "
                                "(an object of ranges), not \"" +
                                    name + "\"");
      }
      if (!taken) return taken;
    }
    return {};
  }

  Result<> take_classes(const Json& json) {
    std::string known;
    std::set<std::string> classes;
    for (std::size_t i = 0; i < checkers::kAnomalyClasses; ++i) {
      const auto name = to_string(static_cast<checkers::AnomalyClass>(i));
      classes.emplace(name);
      known += (known.empty() ? "" : ", ") + std::string(name);
    }
    if (!json.is_array()) {
      return lines_.error_at("/expect/none_of", "\"none_of\": expected a list of " + known);
    }
    for (const Json& name : json) {
      if (!name.is_string() || !classes.contains(name.get<std::string>())) {
        return lines_.error_at("/expect/none_of",
                               name.dump() + " is no class of anomalies; expected " + known);
      }
      test_.expect.none_of.push_back(name.get<std::string>());
    }
    return {};
  }

  Result<> take_ranges(const Json& json) {
    for (const auto& [path, value] : json.items()) {
      const auto range = take_range(value);
      if (!range) {
        return lines_.error_at("/expect/results",
                               "\"" + path +
                                   "\": expected {\"min\": …, \"max\": …}, whole "
                                   "numbers, and perhaps \"on\": \"sim\"");
      }
      const std::string pointer = "/expect/results/" + path;
      test_.expect.results[path] = *range;
      test_.expect.results[path].where =
          lines_.file() + ":" + std::to_string(lines_.line_of(pointer));
    }
    return {};
  }

  static std::optional<Expectation::Range> take_range(const Json& json) {
    Expectation::Range range;
    if (!json.is_object()) return std::nullopt;
    for (const auto& [name, value] : json.items()) {
      if (name == "on" && value == "sim") {
        range.simulated_only = true;
      } else if ((name == "min" || name == "max") && value.is_number_integer()) {
        (name == "min" ? range.min : range.max) = value.get<std::int64_t>();
      } else {
        return std::nullopt;
      }
    }
    if (!range.min && !range.max) return std::nullopt;
    return range;
  }

  // The setting that a contradiction names first, else the whole.
  std::string culprit(const std::string& message) const {
    const std::string name = message.substr(0, message.find_first_of(" :"));
    for (std::string_view section : kSections) {
      std::string pointer = "/" + std::string(section) + "/" + name;
      if (lines_.contains(pointer)) return pointer;
    }
    if (lines_.contains("/" + name)) return "/" + name;
    return "/node";
  }

  const SourceLines& lines_;
  TestFile& test_;
};

// The text of a test file. `known` are the scenarios: what is no file may be one of them, misspelt.
Result<std::string> read_file(const std::string& path, const std::vector<std::string_view>& known) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return fail(path + " is a folder; expected a scenario or a test file");
  }
  if (!std::filesystem::exists(path, ignored)) {
    const std::string meant = did_you_mean(path, known);
    return fail("there is no scenario and no file \"" + path + "\"; " +
                (meant.empty() ? "`holdfast list scenarios` names them" : meant));
  }
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  if (!file.is_open() || file.bad()) return fail("cannot read " + path);
  if (text.empty()) return fail(path + " is empty; expected a test");
  return text;
}

// The JSON value of a setting's text.
nlohmann::ordered_json scalar(const TestSetting& setting, const std::string& text) {
  if (setting.type == "list") {
    auto list = nlohmann::ordered_json::array();
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find("; ", at), text.size());
      list.push_back(text.substr(at, end - at));
      at = end + 2;
    }
    return list;
  }
  if (setting.type != "text") {
    auto value = nlohmann::ordered_json::parse(text, nullptr, false);
    if (value.is_number() || value.is_boolean()) return value;
  }
  return text;
}

nlohmann::ordered_json schedule_json(const TestFile& test) {
  if (!test.random) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& planned : test.schedule) list.push_back(nemesis::to_json(planned));
    return list;
  }
  nlohmann::ordered_json plan;
  plan["faults"] = test.random->faults;
  plan["most"] = test.random->most;
  plan["over"] = nemesis::format_duration(test.random->over);
  return {{"random", plan}};
}

nlohmann::ordered_json expect_json(const Expectation& expect) {
  nlohmann::ordered_json json;
  json["none_of"] = expect.none_of;
  auto& results = json["results"] = nlohmann::ordered_json::object();
  for (const auto& [path, range] : expect.results) {
    if (range.min) results[path]["min"] = *range.min;
    if (range.max) results[path]["max"] = *range.max;
    if (range.simulated_only) results[path]["on"] = "sim";
  }
  return json;
}

}  // namespace

Result<TestFile> parse_test_file(std::string_view text, std::string_view where) {
  SourceLines lines(where);
  auto json = parse_json(text, lines);
  if (!json) return json.error();
  TestFile test;
  if (auto read = Reader(lines, test).read(*json); !read) return read.error();
  return test;
}

Result<TestFile> load_test_file(const std::string& scenario_or_path) {
  std::vector<std::string_view> known;
  for (const Scenario& scenario : list_scenarios()) {
    if (scenario.name == scenario_or_path) {
      return parse_test_file(scenario.text, std::string(scenario.name) + ".json");
    }
    known.push_back(scenario.name);
  }
  const Result<std::string> text = read_file(scenario_or_path, known);
  if (!text) return text.error();
  return parse_test_file(*text, scenario_or_path);
}

Result<> apply_setting(TestFile& test, std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos) {
    return fail("expected path=value, as in keys=5000");
  }
  const std::string path(assignment.substr(0, equals));
  const std::string_view value = assignment.substr(equals + 1);
  if (const TestSetting* const setting = find_test_setting(path)) return setting->set(test, value);
  const TestSetting* found = nullptr;
  for (const TestSetting& setting : test_settings()) {
    if (!setting.path.ends_with("." + path)) continue;
    if (found != nullptr) {
      return fail(path + " may mean " + found->path + " or " + setting.path);
    }
    found = &setting;
  }
  if (found == nullptr) {
    std::vector<std::string_view> known;  // with their sections, and without
    for (const TestSetting& setting : test_settings()) {
      known.push_back(setting.path);
      const std::size_t dot = setting.path.find('.');
      if (dot != std::string::npos) known.push_back(std::string_view(setting.path).substr(dot + 1));
    }
    const std::string meant = did_you_mean(path, known);
    return fail("there is no setting \"" + path + "\"; " +
                (meant.empty() ? "`holdfast list config` shows those of nodes, `holdfast list "
                                 "workloads` those of the load"
                               : meant));
  }
  return found->set(test, value);
}

namespace {

// A setting that a schedule changes must be there, and one that may change while nodes run.
Result<> check_change(const TestFile& test, const nemesis::PlannedFault& planned) {
  if (planned.fault != "config") return {};
  const auto text = [&](std::string_view name) {
    return std::string(nemesis::parameter(*nemesis::find_fault_type(planned.fault), planned, name));
  };
  const node::Setting* const setting = node::find_setting(text("setting"));
  const std::string where = "the config at " + nemesis::format_duration(planned.at) + ": ";
  if (setting == nullptr || !setting->live) {
    std::vector<std::string_view> live;
    for (const node::Setting& each : node::all_settings()) {
      if (each.live) live.push_back(each.name);
    }
    return fail(where + (setting == nullptr ? "there is no setting \"" : "nodes do not change \"") +
                text("setting") + "\" while they run; " + known_names(text("setting"), live));
  }
  node::Config changed = test.config;
  if (auto set = setting->set(changed, text("value")); !set) {
    return fail(where + set.error().message);
  }
  return {};
}

}  // namespace

Result<> validate(const TestFile& test) {
  for (const auto& planned : test.schedule) {
    if (auto checked = check_change(test, planned); !checked) return checked;
  }
  if (auto valid = node::validate(test.config, test.nodes); !valid) return valid;
  if (auto valid = nemesis::check_nodes(test.schedule, test.nodes); !valid) return valid;
  const auto& script = test.parameters.script;
  for (std::size_t i = 0; i < script.size(); ++i) {
    if (auto valid = workloads::check_node(i, script[i], test.nodes); !valid) return valid;
  }
  if (test.parameters.value_bytes > test.config.max_value_bytes) {
    return fail("value_bytes = " + std::to_string(test.parameters.value_bytes) +
                " exceeds max_value_bytes = " + std::to_string(test.config.max_value_bytes));
  }
  if (test.random && test.random->over.count() == 0 && test.phases.load.count() == 0) {
    return fail("a random plan needs phases.load_ms, or \"over\": the time its faults strike in");
  }
  return {};
}

nlohmann::ordered_json to_json(const TestFile& test) {
  nlohmann::ordered_json json;
  for (const TestSetting& setting : test_settings()) {
    const std::string text = setting.get(test);
    if (setting.path == "seed" && text.empty()) continue;
    const std::size_t dot = setting.path.find('.');
    auto& place = dot == std::string::npos
                      ? json[setting.path]
                      : json[setting.path.substr(0, dot)][setting.path.substr(dot + 1)];
    place = scalar(setting, text);
  }
  json["schedule"] = schedule_json(test);
  json["expect"] = expect_json(test.expect);
  return json;
}

}  // namespace holdfast::harness
