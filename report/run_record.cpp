#include "report/run_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/test_file/test_setting.h"
#include "report/number.h"

namespace holdfast::report {
namespace {

using Json = nlohmann::ordered_json;

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Members that are not there, or of another type, leave the default: a file of another version is
// shown as far as it is understood.
std::string text_of(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}
bool flag_of(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_boolean() && found->get<bool>();
}
double number_of(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_number() ? found->get<double>() : 0;
}
const Json& list_of(const Json& json, const char* name) {
  static const Json none = Json::array();
  const auto found = json.find(name);
  return found != json.end() && found->is_array() ? *found : none;
}
std::vector<std::string> texts_of(const Json& json, const char* name) {
  std::vector<std::string> texts;
  for (const Json& text : list_of(json, name)) {
    if (text.is_string()) texts.push_back(text.get<std::string>());
  }
  return texts;
}

// A number or word for people.
std::string shown(const Json& value) {
  if (value.is_number_unsigned()) return grouped(value.get<std::uint64_t>());
  if (value.is_number_integer()) return grouped(value.get<std::int64_t>());
  if (value.is_number()) return fmt::format("{:g}", value.get<double>());
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_null()) return "-";
  if (value.is_string()) return value.get<std::string>();
  return value.dump();
}

// How a number is shown whose name ends in a unit: under the name without it.
struct Unit {
  std::string_view suffix;
  std::string_view instead;
  std::string (*text)(double);
};

constexpr Unit kUnits[] = {{"_ms", "", [](double number) { return duration(number / 1e3); }},
                           {"_us", "", [](double number) { return duration(number / 1e6); }},
                           {"_per_million", "_percent",
                            [](double number) { return fmt::format("{:.2f}", number / 1e4); }}};

const Unit* unit_of(std::string_view name) {
  for (const Unit& unit : kUnits) {
    if (name.ends_with(unit.suffix)) return &unit;
  }
  return nullptr;
}

std::string name_of(const std::string& name) {
  const Unit* const unit = unit_of(name);
  if (unit == nullptr) return name;
  return name.substr(0, name.size() - unit->suffix.size()) + std::string(unit->instead);
}

std::string value_of(std::string_view name, const Json& value) {
  const Unit* const unit = unit_of(name);
  if (unit == nullptr) return shown(value);
  // Cells that name their row are texts.
  const Json number =
      value.is_string() ? Json::parse(value.get<std::string>(), nullptr, false) : value;
  if (!number.is_number()) return shown(value);
  if (number.get<double>() < 0) return "-";  // not measured
  return number == 0 ? "0" : unit->text(number.get<double>());
}

// Whatever else is not a default is shown too.
constexpr std::string_view kAlwaysShown[] = {"nodes",
                                             "node.quorum",
                                             "node.n",
                                             "node.r",
                                             "node.w",
                                             "node.hint_holder",
                                             "node.hint_window_ms",
                                             "node.read_repair",
                                             "node.anti_entropy",
                                             "workload.name"};
// What the page shows elsewhere.
constexpr std::string_view kNeverShown[] = {"name", "description", "seed", "strict",
                                            "workload.operations"};

// "node.w" -> "/node/w"
std::string pointer_to(std::string path) {
  std::ranges::replace(path, '.', '/');
  return "/" + path;
}

std::vector<std::pair<std::string, std::string>> settings_of(const Json& test) {
  std::vector<std::pair<std::string, std::string>> settings;
  const harness::TestFile defaults;
  for (const harness::TestSetting& setting : harness::test_settings()) {
    if (std::ranges::count(kNeverShown, setting.path) > 0) continue;
    const Json::json_pointer place(pointer_to(setting.path));
    if (!test.contains(place) || test[place].is_structured()) continue;
    const Json& value = test[place];
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    const bool always = std::ranges::count(kAlwaysShown, setting.path) > 0;
    if (!always && text == setting.get(defaults)) continue;
    const std::string name =
        setting.path.starts_with("node.") ? setting.path.substr(5) : setting.path;
    settings.emplace_back(name_of(name), value_of(name, value));
  }
  return settings;
}

// "at 8s: wipe, on n4, for 1s".
std::string fault_text(const Json& fault) {
  std::string text = "at " + text_of(fault, "at") + ": " + text_of(fault, "fault");
  for (const auto& [name, value] : fault.items()) {
    if (name == "at" || name == "fault") continue;
    text += ", " + name + " " + (value.is_string() ? value.get<std::string>() : value.dump());
  }
  return text;
}

std::vector<std::string> schedule_of(const Json& test) {
  std::vector<std::string> schedule;
  for (const Json& fault : list_of(test, "schedule")) {
    if (fault.is_object()) schedule.push_back(fault_text(fault));
  }
  return schedule;
}

checkers::Verdict verdict_of(const Json& json) {
  return checkers::parse_verdict(text_of(json, "verdict")).value_or(checkers::Verdict::unknown);
}

Example example_of(const Json& json) {
  Example example;
  example.kind = text_of(json, "class");
  example.text = text_of(json, "text");
  example.autopsy = text_of(json, "autopsy");
  example.reason = text_of(json, "reason");
  example.allowed = flag_of(json, "allowed");
  example.undecided = flag_of(json, "undecided");
  return example;
}

Table table_of(const Json& json) {
  Table table;
  table.name = text_of(json, "name");
  table.columns = texts_of(json, "columns");
  for (const Json& row : list_of(json, "rows")) {
    std::vector<std::string> cells;
    for (const Json& cell : row) {
      const std::size_t column = cells.size();
      cells.push_back(value_of(column < table.columns.size() ? table.columns[column] : "", cell));
    }
    table.rows.push_back(std::move(cells));
  }
  for (std::string& column : table.columns) column = name_of(column);
  return table;
}

// "2.5 s"; empty for what was not measured.
std::string time_of(const Json& json, const char* name) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_number()) return "";
  return found->get<double>() == 0 ? "0 s" : duration(found->get<double>() / 1e3);
}

AbsenceRecord absence_of(const Json& json) {
  const auto count = [&](const char* name) {
    return static_cast<std::uint64_t>(number_of(json, name));
  };
  AbsenceRecord absence;
  absence.fault = text_of(json, "fault");
  for (const std::string& node : texts_of(json, "nodes")) absence.fault += " " + node;
  absence.from = time_of(json, "start_ms");
  absence.to = time_of(json, "end_ms");
  absence.missed = count("missed_writes");
  absence.by_hints = count("hints_delivered");
  absence.by_repair = count("repaired");
  absence.by_later_writes = count("written_later");
  absence.still_missing = count("still_missing");
  absence.hints_after = time_of(json, "hints_after_ms");
  absence.equal_after = time_of(json, "equal_after_ms");
  return absence;
}

Table repair_of(const Json& list) {
  Json table = {{"name", "repair"}, {"columns", Json::array()}, {"rows", Json::array()}};
  for (const Json& cost : list) {
    if (!cost.is_object()) continue;
    auto row = Json::array();
    table["columns"] = Json::array();
    for (const auto& [name, value] : cost.items()) {
      table["columns"].push_back(name);
      row.push_back(value);
    }
    table["rows"].push_back(std::move(row));
  }
  return table_of(table);
}

CheckerRecord checker_of(const std::string& name, const Json& json) {
  CheckerRecord checker;
  checker.name = name;
  checker.verdict = verdict_of(json);
  checker.notes = texts_of(json, "notes");
  for (const Json& example : list_of(json, "examples")) {
    checker.examples.push_back(example_of(example));
  }
  for (const Json& table : list_of(json, "tables")) checker.tables.push_back(table_of(table));
  checker.anomalies = static_cast<std::uint64_t>(number_of(json, "anomalies"));
  checker.anomalies_allowed = static_cast<std::uint64_t>(number_of(json, "anomalies_allowed"));
  for (const auto& [member, value] : json.items()) {
    if (value.is_structured() || member == "verdict" || member.starts_with("anomalies")) continue;
    checker.values.emplace_back(name_of(member), value_of(member, value));
  }
  return checker;
}

}  // namespace

std::string_view reason_label(const RunRecord& run, const CheckerRecord& checker,
                              const Example& example) {
  if (example.undecided) return "not decided";
  if (!example.allowed) return "why";
  if (!checker.allowed_is_evidence()) return "allowed";
  const bool expected = std::ranges::count(run.none_of, example.kind) > 0;
  return expected ? "allowed by the configuration, not by this test" : "allowed without --strict";
}

std::optional<RunRecord> parse_run(std::string_view results, std::string_view run_text) {
  const Json json = Json::parse(results, nullptr, false);
  if (!json.is_object() || !json.contains("verdict")) return std::nullopt;
  RunRecord run;
  run.verdict = verdict_of(json);
  run.test = text_of(json, "test");
  run.cluster = text_of(json, "cluster");
  const auto seed = json.find("seed");
  if (seed != json.end() && seed->is_number_unsigned()) run.seed = seed->get<std::uint64_t>();
  run.trace_hash = text_of(json, "trace_hash");
  run.simulated_s = number_of(json, "simulated_s");
  run.wall_s = number_of(json, "wall_s");
  run.interrupted = flag_of(json, "interrupted");
  run.notes = texts_of(json, "notes");
  if (json.contains("left_out") && json["left_out"].is_object()) {
    for (const auto& [checker, why] : json["left_out"].items()) {
      run.notes.push_back(checker + " is left out: " + shown(why));
    }
  }
  run.findings = texts_of(json, "incidents");
  for (std::string& failure : texts_of(json, "failures")) {
    run.findings.push_back("the harness failed: " + std::move(failure));
  }
  if (json.contains("expectations")) {
    for (std::string& failure : texts_of(json["expectations"], "failures")) {
      run.findings.push_back("not as the test expects: " + std::move(failure));
    }
  }
  if (json.contains("checkers") && json["checkers"].is_object()) {
    for (const auto& [name, checker] : json["checkers"].items()) {
      run.checkers.push_back(checker_of(name, checker));
    }
  }
  if (json.contains("absence")) {
    for (const Json& each : list_of(json["absence"], "faults")) {
      if (each.is_object()) run.absences.push_back(absence_of(each));
    }
  }
  run.repair = repair_of(list_of(json, "repair"));
  if (json.contains("run")) {
    for (const Json& sample : list_of(json["run"], "hints_pending_by_ms")) {
      if (!sample.is_array() || sample.size() != 2 || !sample[1].is_number_unsigned()) continue;
      run.timeline.samples.push_back(
          {sample[0].get<std::int64_t>() * 1'000'000, sample[1].get<std::uint64_t>()});
    }
  }
  const Json started = Json::parse(run_text, nullptr, false);
  if (started.is_object()) {
    run.command = text_of(started, "command");
    run.version = text_of(started, "version");
    std::string clocks;
    for (const Json& host : list_of(started, "hosts")) {
      clocks += fmt::format("{}{} {:+.3f} ± {:.3f}", clocks.empty() ? "" : ", ",
                            text_of(host, "host"), number_of(host, "clock_offset_us") / 1000,
                            number_of(host, "clock_uncertainty_us") / 1000);
    }
    if (!clocks.empty()) {
      run.notes.push_back("the hosts' clocks were off by, in ms: " + clocks +
                          "; their nodes allowed for it");
    }
    if (started.contains("test") && started["test"].is_object()) {
      run.description = text_of(started["test"], "description");
      run.strict = flag_of(started["test"], "strict");
      run.settings = settings_of(started["test"]);
      run.schedule = schedule_of(started["test"]);
      const auto expect = started["test"].find("expect");
      if (expect != started["test"].end()) run.none_of = texts_of(*expect, "none_of");
    }
  }
  return run;
}

Result<RunRecord> read_run(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "results.json";
  if (!std::filesystem::exists(path)) {
    return fail("cannot read " + path.string() + "; `holdfast check` makes it from a history");
  }
  std::optional<RunRecord> run = parse_run(read_text(path), read_text(folder / "run.json"));
  if (!run) return fail(path.string() + ": expected the results of a run, as one JSON object");
  run->folder = folder;
  std::vector<Timeline::Sample> samples = std::move(run->timeline.samples);
  run->timeline = read_timeline(folder);
  run->timeline.samples = std::move(samples);
  return std::move(*run);
}

}  // namespace holdfast::report
