#include "nemesis/schedule.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "nemesis/fault_type.h"
#include "node/base/spelling.h"

namespace holdfast::nemesis {
namespace {

using Json = nlohmann::json;

// The members of every fault, beside those that its type documents.
constexpr std::string_view kCommon[] = {"at",    "fault", "on",    "for",
                                        "every", "until", "quiet", "after"};

std::vector<std::string_view> known_faults() {
  std::vector<std::string_view> names;
  for (const FaultType& type : all_fault_types()) names.push_back(type.name);
  names.push_back(kHeal);
  return names;
}

const ParameterDoc* find_parameter(const FaultType& type, std::string_view name) {
  for (const ParameterDoc& doc : type.parameters) {
    if (doc.name == name) return &doc;
  }
  return nullptr;
}

// Node specs that a fault has when the schedule names none.
std::string_view default_spec(const PlannedFault& planned) {
  if (planned.fault == "hint-holder-crash") return "hint_holders";
  if (find_fault_type(planned.fault) != nullptr && find_fault_type(planned.fault)->only_if_named) {
    return "all";
  }
  const auto shape = planned.parameters.find("shape");
  if (shape == planned.parameters.end()) return "one";
  return shape->second == "ring" ? "all" : shape->second == "halves" ? "minority" : "one";
}

Result<Duration> take_duration(const Json& value, std::string_view name) {
  if (value.is_string()) {
    const auto duration = parse_duration(value.get_ref<const std::string&>());
    if (duration) return *duration;
  }
  return fail("\"" + std::string(name) + "\" is " + value.dump() +
              ", expected a duration with its unit: \"36h\", \"90s\", \"250ms\"");
}

Result<NodeSpec> take_spec(const Json& value) {
  if (value.is_string()) return parse_node_spec(value.get_ref<const std::string&>());
  std::string names;
  for (const Json& name : value) {
    if (!value.is_array() || !name.is_string()) break;
    names += (names.empty() ? "" : ",") + name.get<std::string>();
  }
  if (!names.empty()) return parse_node_spec(names);
  return fail("\"on\" is " + value.dump() + ", expected a node spec or a list of nodes");
}

Result<> take_parameter(PlannedFault& planned, const FaultType& type, const std::string& name,
                        const Json& value) {
  const ParameterDoc* const doc = find_parameter(type, name);
  if (doc == nullptr) {
    std::vector<std::string_view> known(std::begin(kCommon), std::end(kCommon));
    for (const ParameterDoc& each : type.parameters) known.push_back(each.name);
    return fail("a " + planned.fault + " has no \"" + name + "\"; " + known_names(name, known));
  }
  std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  if (!doc->takes(text)) {
    return fail("\"" + name + "\" is " + value.dump() + ", expected " +
                (doc->type == "integer" ? "a whole number" : std::string(doc->type)));
  }
  planned.parameters[name] = std::move(text);
  return {};
}

constexpr std::pair<std::string_view, PlannedFault::Event> kEvents[] = {
    {"drained", PlannedFault::Event::drained}, {"converged", PlannedFault::Event::converged}};

Result<> take_quiet(PlannedFault& planned, const Json& value) {
  const std::string wanted =
      "\"quiet\" is " + value.dump() + ", expected a list of windows, as in [\"20s..35s\"]";
  if (!value.is_array()) return fail(wanted);
  for (const Json& window : value) {
    if (!window.is_string()) return fail(wanted);
    const std::string& text = window.get_ref<const std::string&>();
    const std::size_t dots = text.find("..");
    if (dots == text.npos) return fail(wanted);
    const auto from = parse_duration(std::string_view(text).substr(0, dots));
    const auto to = parse_duration(std::string_view(text).substr(dots + 2));
    if (!from || !to || *to <= *from) return fail(wanted);
    planned.quiet.emplace_back(*from, *to);
  }
  return {};
}

Result<> take_event(PlannedFault& planned, const Json& value) {
  for (const auto& [name, event] : kEvents) {
    if (value != name) continue;
    planned.after = event;
    return {};
  }
  return fail("\"after\" is " + value.dump() + ", expected \"drained\" or \"converged\"");
}

Result<> take_time(PlannedFault& planned, const std::string& name, const Json& value) {
  auto duration = take_duration(value, name);
  if (!duration) return duration.error();
  if (name == "at") planned.at = *duration;
  if (name == "for") planned.length = *duration;
  if (name == "every") planned.every = *duration;
  if (name == "until") planned.until = *duration;
  return {};
}

Result<> check_repetition(const PlannedFault& planned) {
  constexpr Duration kLeast = std::chrono::milliseconds(1);
  if (planned.every && *planned.every < kLeast) return fail("\"every\" is less than 1ms");
  if (!planned.every && planned.until) return fail("\"until\" is of a fault with \"every\"");
  if (!planned.every && !planned.quiet.empty()) {
    return fail("\"quiet\" is of a fault with \"every\"");
  }
  if (planned.until && *planned.until <= planned.at) {
    return fail("\"until\" is not later than \"at\"");
  }
  if (planned.every && planned.after != PlannedFault::Event::none) {
    return fail("a fault has \"every\" or \"after\", not both");
  }
  return {};
}

Result<> take_members(PlannedFault& planned, const FaultType* type, const Json& json) {
  std::optional<NodeSpec> on;
  for (const auto& [name, value] : json.items()) {
    if (name == "fault" || name == "time" || name == "by" || name == "ended") continue;
    if (type == nullptr && name != "at") return fail("heal has no \"" + name + "\", only \"at\"");
    if (name == "at" || name == "for" || name == "every" || name == "until") {
      if (auto taken = take_time(planned, name, value); !taken) return taken;
    } else if (name == "quiet") {
      if (auto taken = take_quiet(planned, value); !taken) return taken;
    } else if (name == "after") {
      if (auto taken = take_event(planned, value); !taken) return taken;
    } else if (name == "on") {
      auto spec = take_spec(value);
      if (!spec) return spec.error();
      on = *spec;
    } else if (auto taken = take_parameter(planned, *type, name, value); !taken) {
      return taken;
    }
  }
  planned.on = on ? *on : *parse_node_spec(default_spec(planned));
  return check_repetition(planned);
}

}  // namespace

nlohmann::ordered_json to_json(const PlannedFault& planned) {
  nlohmann::ordered_json json;
  json["at"] = format_duration(planned.at);
  json["fault"] = planned.fault;
  if (planned.fault == kHeal) return json;
  json["on"] = to_string(planned.on);
  if (planned.length) json["for"] = format_duration(*planned.length);
  if (planned.every) json["every"] = format_duration(*planned.every);
  if (planned.until) json["until"] = format_duration(*planned.until);
  for (const auto& [from, to] : planned.quiet) {
    json["quiet"].push_back(format_duration(from) + ".." + format_duration(to));
  }
  for (const auto& [name, event] : kEvents) {
    if (planned.after == event) json["after"] = name;
  }
  const FaultType& type = *find_fault_type(planned.fault);
  for (const auto& [name, value] : planned.parameters) {
    if (find_parameter(type, name)->type == "integer") {
      json[name] = number_parameter(type, planned, name);
    } else {
      json[name] = value;
    }
  }
  return json;
}

Result<PlannedFault> parse_planned_fault(const nlohmann::json& json) {
  if (!json.is_object() || !json.contains("fault") || !json["fault"].is_string()) {
    return fail(
        "expected an object with \"at\" and \"fault\", as in {\"at\": \"10s\", \"fault\": "
        "\"kill\", \"on\": \"one\", \"for\": \"5s\"}");
  }
  PlannedFault planned;
  planned.fault = json["fault"].get<std::string>();
  const FaultType* const type = find_fault_type(planned.fault);
  if (type == nullptr && planned.fault != kHeal) {
    return fail("there is no fault \"" + planned.fault + "\"; " +
                known_names(planned.fault, known_faults()));
  }
  if (!json.contains("at")) return fail("the " + planned.fault + " has no \"at\"");
  if (auto taken = take_members(planned, type, json); !taken) return taken.error();
  return planned;
}

bool PlannedFault::is_quiet(Duration time) const {
  return std::ranges::any_of(
      quiet, [time](const auto& window) { return window.first <= time && time < window.second; });
}

std::optional<Obstacle> unsupported(const Schedule& schedule, const Faults& faults) {
  for (const PlannedFault& planned : schedule) {
    if (planned.fault == kHeal) continue;
    for (FaultKind kind : find_fault_type(planned.fault)->needs(planned)) {
      if (faults.supports(kind)) continue;
      const std::string what =
          "cannot inject \"" + planned.fault + "\" (at " + format_duration(planned.at) + "): ";
      const std::string why = faults.why_unsupported(kind);
      if (!why.empty()) {
        return Obstacle{what + why + "; take it out of the schedule, or use --on sim", true};
      }
      return Obstacle{"this cluster " + what + "it has no " + std::string(to_string(kind)) +
                      " faults; take it out of the schedule, or use --on netns or --on sim"};
    }
  }
  return std::nullopt;
}

Result<> check_nodes(const Schedule& schedule, std::uint16_t nodes) {
  for (const PlannedFault& planned : schedule) {
    for (NodeId node : planned.on.nodes) {
      if (node < nodes) continue;
      return fail("the " + planned.fault + " at " + format_duration(planned.at) + " is on " +
                  node_name(node) + ", but there are only " + std::to_string(nodes) + " nodes");
    }
    const auto to = planned.parameters.find("to");
    if (to == planned.parameters.end()) continue;
    const auto node = parse_node_name(to->second);
    if (!node || *node < nodes) continue;
    return fail("the " + planned.fault + " at " + format_duration(planned.at) + " is for " +
                node_name(*node) + ", but there are only " + std::to_string(nodes) + " nodes");
  }
  return {};
}

}  // namespace holdfast::nemesis
