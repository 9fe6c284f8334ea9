#include "harness/expectations.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "node/base/spelling.h"

namespace holdfast::harness {
namespace {

using Json = nlohmann::ordered_json;

// The number at a path of results.json; truth counts as 1.
std::optional<std::int64_t> number_at(const Json& results, const std::string& path) {
  const Json::json_pointer pointer("/" + path);
  if (!results.contains(pointer)) return std::nullopt;
  const Json& value = results[pointer];
  if (value.is_boolean()) return value.get<bool>() ? 1 : 0;
  if (!value.is_number_integer()) return std::nullopt;
  return value.get<std::int64_t>();
}

// The paths of all numbers, and of what may become one.
void collect_paths(const Json& json, const std::string& path, std::vector<std::string>& paths) {
  if (json.is_object()) {
    for (const auto& [name, value] : json.items()) {
      collect_paths(value, path.empty() ? name : path + "/" + name, paths);
    }
  } else if (json.is_number() || json.is_boolean() || json.is_null()) {
    paths.push_back(path);
  }
}

// Those of the results of a run of the test, in which nothing happened.
std::vector<std::string> paths_of(const TestFile& test) {
  Evidence evidence;
  evidence.test = test;
  evidence.test.expect = {};
  evidence.cluster = "sim";
  evidence.final_state = checkers::FinalState(test.nodes);
  evidence.facts = facts_of(test.config, test.parameters.value_bytes);
  evidence.facts.convergence.silent = true;
  std::vector<std::string> paths;
  collect_paths(Json::parse(judge_evidence(evidence, {}).results_json), "", paths);
  return paths;
}

}  // namespace

std::vector<std::string> unmet_expectations(const Evidence& evidence, const Json& results) {
  std::vector<std::string> unmet;
  for (const auto& expected_range : evidence.test.expect.results) {
    const std::string& path = expected_range.first;
    const Expectation::Range& range = expected_range.second;
    if (range.simulated_only && !evidence.virtual_time()) continue;
    const auto number = number_at(results, path);
    const auto complain = [&](const std::string& expected) {
      unmet.push_back(path + " is " + (number ? std::to_string(*number) : "missing") +
                      ", expected " + expected);
    };
    if (range.min && (!number || *number < *range.min)) {
      complain("at least " + std::to_string(*range.min));
    } else if (range.max && (!number || *number > *range.max)) {
      complain("at most " + std::to_string(*range.max));
    }
  }
  return unmet;
}

Result<> check_expectations(const TestFile& test) {
  if (test.expect.results.empty()) return {};
  const std::vector<std::string> paths = paths_of(test);
  for (const auto& [path, range] : test.expect.results) {
    if (std::ranges::find(paths, path) != paths.end()) continue;
    const std::string meant = did_you_mean(path, {paths.begin(), paths.end()});
    return fail(range.where + ": the results of this test have no number \"" + path + "\"; " +
                (meant.empty() ? "docs/formats.md names them" : meant));
  }
  return {};
}

}  // namespace holdfast::harness
