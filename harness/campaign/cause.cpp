#include "harness/campaign/cause.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

namespace holdfast::harness {
namespace {

using Json = nlohmann::ordered_json;

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// The clauses of an autopsy, each once, in alphabetical order.
std::string shape_of_autopsy(const std::string& autopsy) {
  std::set<std::string> clauses;
  for (std::size_t at = 0; at < autopsy.size();) {
    const std::size_t end = std::min(autopsy.find("; ", at), autopsy.size());
    clauses.insert(shape_of(std::string_view(autopsy).substr(at, end - at)));
    at = end + 2;
  }
  std::string shape;
  for (const std::string& clause : clauses) shape += (shape.empty() ? "" : "; ") + clause;
  return shape;
}

void add(std::vector<Cause>& causes, Cause cause) {
  const auto same = [&](const Cause& each) { return each.key() == cause.key(); };
  if (std::ranges::none_of(causes, same)) causes.push_back(std::move(cause));
}

// An example counts if its anomaly made the run invalid.
void add_examples(const std::string& checker, const Json& result, std::vector<Cause>& causes) {
  const auto is_broken = [](const Json& example) {
    return !example["allowed"].get<bool>() && !example.contains("undecided");
  };
  const bool any_broken = std::ranges::any_of(result["examples"], is_broken);
  for (const Json& example : result["examples"]) {
    if (any_broken && !is_broken(example)) continue;
    Cause cause;
    cause.checker = checker;
    cause.anomaly = example["class"];
    const std::string autopsy = example.value("autopsy", "");
    // The promise that was broken, and why nothing excuses it: one bug leaves copies in many ways.
    const std::string reason = example.value("reason", "");
    cause.shape = reason.empty() ? shape_of_autopsy(autopsy) : shape_of(reason);
    cause.example =
        example["text"].get<std::string>() + " [" + example.value("reason", "") + "] " + autopsy;
    cause.about = example.value("key", "");
    add(causes, std::move(cause));
  }
}

}  // namespace

std::string shape_of(std::string_view text) {
  std::string shape;
  for (std::size_t i = 0; i < text.size();) {
    if (!is_word(text[i])) {
      shape += text[i++];
      continue;
    }
    std::size_t end = i;
    bool digits = false;
    for (; end < text.size() && (is_word(text[end]) || (text[end] == '.' && digits)); ++end) {
      digits = digits || std::isdigit(static_cast<unsigned char>(text[end])) != 0;
    }
    if (digits) {
      shape += '#';
    } else {
      shape += text.substr(i, end - i);
    }
    i = end;
  }
  // Lists of nodes have any length.
  for (const std::string_view list : {"#, #", "# and #", "# #"}) {
    for (std::size_t at = shape.find(list); at != shape.npos; at = shape.find(list, at)) {
      shape.replace(at, list.size(), "#");
    }
  }
  return shape;
}

std::vector<Cause> causes_of(std::string_view results_json) {
  std::vector<Cause> causes;
  const Json json = Json::parse(results_json);  // checkers in their order, the gravest first
  for (const auto& [list, checker] :
       {std::pair{"incidents", "incident"}, std::pair{"failures", "failure"}}) {
    for (const Json& each : json[list]) {
      const std::string text = each;
      add(causes, {checker, shape_of(text), "", text, ""});
    }
  }
  for (const auto& [checker, result] : json["checkers"].items()) {
    if (result["verdict"] == "invalid") add_examples(checker, result, causes);
  }
  if (json.contains("expectations")) {
    for (const Json& failure : json["expectations"]["failures"]) {
      const std::string text = failure;
      add(causes, {"expectation", text.substr(0, text.find(' ')), "", text, ""});
    }
  }
  if (causes.empty() && json["verdict"] != "valid") {
    for (const auto& [checker, result] : json["checkers"].items()) {
      if (result["verdict"] != "unknown") continue;
      const std::string note = result["notes"].empty() ? "" : result["notes"][0].get<std::string>();
      add(causes, {checker, "unknown", shape_of(note), note, ""});
    }
  }
  return causes;
}

}  // namespace holdfast::harness
