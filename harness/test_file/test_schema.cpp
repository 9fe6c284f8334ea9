// The JSON Schema of test files, from the tables that read them.

#include <nlohmann/json.hpp>

#include "checkers/checker.h"
#include "harness/test_file/test_file.h"
#include "harness/test_file/test_setting.h"
#include "nemesis/fault_type.h"
#include "workloads/workload.h"

namespace holdfast::harness {
namespace {

using Json = nlohmann::ordered_json;

Json object(const std::string& description) {
  return {{"type", "object"},
          {"description", description},
          {"properties", Json::object()},
          {"additionalProperties", false}};
}

// "a | b | c", "a|b|c" -> ["a", "b", "c"]; empty if the type is no list of choices.
Json choices(std::string_view type) {
  auto list = Json::array();
  if (type.find('|') == std::string_view::npos) return list;
  for (std::string_view rest = type;;) {
    const std::size_t bar = rest.find('|');
    std::string_view word = rest.substr(0, bar);
    while (word.starts_with(' ')) word.remove_prefix(1);
    while (word.ends_with(' ')) word.remove_suffix(1);
    const Json number = Json::parse(word, nullptr, false);
    list.push_back(number.is_number() ? number : Json(word));
    if (bar == std::string_view::npos) return list;
    rest.remove_prefix(bar + 1);
  }
}

// The type is seen from the default's form: settings are texts inside.
Json schema_of(std::string_view type, const std::string& value) {
  const Json list = choices(type);
  if (!list.empty()) return {{"enum", list}};
  if (type == "list") return {{"type", "array"}, {"items", {{"type", "string"}}}};
  if (type == "integer") return {{"type", "integer"}};
  if (type == "boolean" || value == "true" || value == "false") return {{"type", "boolean"}};
  const Json parsed = Json::parse(value, nullptr, false);
  if (type == "text" || !parsed.is_number()) return {{"type", "string"}};
  return {{"type", parsed.is_number_integer() ? "integer" : "number"}};
}

Json fault_schema() {
  auto any = Json::array();
  const auto at = Json{{"type", "string"}, {"description", "since the load began: \"90s\""}};
  for (const nemesis::FaultType& type : nemesis::all_fault_types()) {
    Json fault = object(std::string(type.doc));
    Json& members = fault["properties"];
    members["at"] = at;
    members["fault"] = {{"const", type.name}};
    members["on"] = {{"description", "a node spec, or a list of nodes"},
                     {"type", {"string", "array"}}};
    members["every"] = {{"type", "string"}, {"description", "again and again, this far apart"}};
    members["until"] = {{"type", "string"}, {"description", "of `every`: no more from then on"}};
    members["quiet"] = {{"type", "array"},
                        {"items", {{"type", "string"}}},
                        {"description", "of `every`: windows without it, as in \"20s..35s\""}};
    members["after"] = {{"enum", {"drained", "converged"}},
                        {"description",
                         "waits from `at` on until no node holds a hint, or until "
                         "all owners are equal; 10 minutes at most"}};
    members["for"] = {{"type", "string"}, {"description", "how long; else until the heal"}};
    for (const nemesis::ParameterDoc& doc : type.parameters) {
      Json& member = members[std::string(doc.name)];
      member = schema_of(doc.type, std::string(doc.default_value));
      member["description"] = doc.doc;
      member["default"] =
          doc.type == "integer" ? Json::parse(doc.default_value) : Json(doc.default_value);
    }
    fault["required"] = {"at", "fault"};
    any.push_back(fault);
  }
  Json heal = object("undoes everything");
  heal["properties"] = {{"at", at}, {"fault", {{"const", nemesis::kHeal}}}};
  heal["required"] = {"at", "fault"};
  any.push_back(heal);
  return {{"anyOf", any}};
}

Json schedule_schema() {
  Json random = object("drawn from the seed");
  random["properties"] = {
      {"faults", {{"type", "array"}, {"items", {{"type", "string"}}}}},
      {"most", {{"type", "integer"}, {"minimum", 0}, {"maximum", 1000}}},
      {"over", {{"type", "string"}, {"description", "the time they strike in; else the load's"}}}};
  Json plan = object("a random plan");
  plan["properties"] = {{"random", random}};
  plan["required"] = {"random"};
  return {{"description", "the faults: a list, or a random plan"},
          {"anyOf", {{{"type", "array"}, {"items", fault_schema()}}, plan}}};
}

Json expect_schema() {
  auto classes = Json::array();
  for (std::size_t i = 0; i < checkers::kAnomalyClasses; ++i) {
    classes.push_back(to_string(static_cast<checkers::AnomalyClass>(i)));
  }
  Json range = object("at least, at most; on sim: only in the simulator");
  range["properties"] = {
      {"min", {{"type", "integer"}}}, {"max", {{"type", "integer"}}}, {"on", {{"enum", {"sim"}}}}};
  Json expect = object("what the test wants beyond the configuration's promises");
  expect["properties"] = {
      {"none_of",
       {{"type", "array"},
        {"description", "anomalies that make the run invalid even where they are allowed"},
        {"items", {{"enum", classes}}}}},
      {"results",
       {{"type", "object"},
        {"description", "ranges for numbers of results.json, by their path"},
        {"additionalProperties", range}}}};
  return expect;
}

}  // namespace

std::string test_file_schema() {
  Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                 {"title", "A Holdfast test"}};
  schema.update(object("cluster, load, faults, phases and what is expected"));
  Json& members = schema["properties"];
  members["$schema"] = {{"type", "string"}};
  const TestFile defaults;
  for (const TestSetting& setting : test_settings()) {
    const std::size_t dot = setting.path.find('.');
    Json* place = &members;
    if (dot != std::string::npos) {
      Json& section = members[setting.path.substr(0, dot)];
      if (section.is_null()) section = object("settings of " + setting.path.substr(0, dot));
      place = &section["properties"];
    }
    const std::string value = setting.get(defaults);
    Json& member = (*place)[setting.path.substr(dot == std::string::npos ? 0 : dot + 1)];
    member = schema_of(setting.type, value);
    member["description"] = setting.doc;
    if (setting.path == "workload.name") {
      member["enum"] = Json::array();
      for (const auto& kind : workloads::all_workloads()) member["enum"].push_back(kind.name);
    }
    if (dot == std::string::npos && setting.type == "text") continue;
    const Json parsed = Json::parse(value, nullptr, false);
    if (!value.empty()) member["default"] = parsed.is_discarded() ? Json(value) : parsed;
  }
  members["schedule"] = schedule_schema();
  members["expect"] = expect_schema();
  schema["required"] = {"name"};
  return schema.dump(2) + "\n";
}

}  // namespace holdfast::harness
