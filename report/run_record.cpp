#include "report/run_record.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "report/number.h"

namespace holdfast::report {
namespace {

using Json = nlohmann::ordered_json;

Result<Json> read_json(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail("cannot read " + path.string());
  std::stringstream text;
  text << file.rdbuf();
  Json json = Json::parse(text.str(), nullptr, false);
  if (!json.is_object()) return fail(path.string() + ": expected one JSON object");
  return json;
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
  return example;
}

Table table_of(const Json& json) {
  Table table;
  table.name = text_of(json, "name");
  table.columns = texts_of(json, "columns");
  for (const Json& row : list_of(json, "rows")) {
    std::vector<std::string> cells;
    for (const Json& cell : row) cells.push_back(shown(cell));
    table.rows.push_back(std::move(cells));
  }
  return table;
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
  if (const auto anomalies = json.find("anomalies");
      anomalies != json.end() && anomalies->is_object()) {
    for (const auto& [kind, counts] : anomalies->items()) {
      checker.anomalies.push_back({kind, static_cast<std::uint64_t>(number_of(counts, "all")),
                                   static_cast<std::uint64_t>(number_of(counts, "allowed"))});
    }
  }
  for (const auto& [member, value] : json.items()) {
    if (member != "verdict" && !value.is_structured()) {
      checker.values.emplace_back(member, shown(value));
    }
  }
  return checker;
}

}  // namespace

Result<RunRecord> read_run(const std::filesystem::path& folder) {
  const Result<Json> results = read_json(folder / "results.json");
  if (!results) return results.error();
  RunRecord run;
  run.folder = folder;
  const Json& json = *results;
  run.verdict = verdict_of(json);
  run.seed = json.contains("seed") && json["seed"].is_number_unsigned()
                 ? json["seed"].get<std::uint64_t>()
                 : 0;
  run.trace_hash = json.contains("trace_hash") ? shown(json["trace_hash"]) : "";
  run.simulated_s = number_of(json, "simulated_s");
  run.wall_s = number_of(json, "wall_s");
  run.interrupted = flag_of(json, "interrupted");
  run.notes = texts_of(json, "notes");
  if (json.contains("checkers") && json["checkers"].is_object()) {
    for (const auto& [name, checker] : json["checkers"].items()) {
      run.checkers.push_back(checker_of(name, checker));
    }
  }
  if (const Result<Json> started = read_json(folder / "run.json")) {
    run.cluster = text_of(*started, "cluster");
    run.command = text_of(*started, "command");
    if (started->contains("test") && (*started)["test"].is_object()) {
      const Json& test = (*started)["test"];
      run.test = text_of(test, "name");
      run.description = text_of(test, "description");
      run.strict = flag_of(test, "strict");
    }
  }
  run.timeline = read_timeline(folder);
  return run;
}

}  // namespace holdfast::report
