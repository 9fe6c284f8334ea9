// A schedule: which faults strike when, as data. It is written by hand or drawn from the seed, and
// what was really done is recorded in the same form, so that it can be run again.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "nemesis/faults.h"
#include "nemesis/node_spec.h"
#include "node/base/result.h"
#include "node/base/time.h"

namespace holdfast::nemesis {

struct PlannedFault {
  Duration at{0};     // since the load began
  std::string fault;  // a name in all_fault_types(), or "heal": undo everything
  NodeSpec on;
  std::optional<Duration> length;                 // "for"; without it: until the heal
  std::map<std::string, std::string> parameters;  // by the names the fault type documents
  // It strikes again and again, this far apart; `until`: no more from then on, else as long as the
  // load lasts.
  std::optional<Duration> every;
  std::optional<Duration> until;
  std::vector<std::pair<Duration, Duration>> quiet;  // windows in which it does not strike
  // It waits, from `at` on, until this is so.
  enum class Event : std::uint8_t { none, drained, converged };
  Event after = Event::none;

  bool is_quiet(Duration time) const;
  bool operator==(const PlannedFault&) const = default;
};

using Schedule = std::vector<PlannedFault>;

inline constexpr std::string_view kHeal = "heal";

// {"at":"10s","fault":"kill","on":"one","for":"500ms", …parameters}
nlohmann::ordered_json to_json(const PlannedFault& planned);
// Checks names, node specs and parameters against the registry. Unknown members are refused,
// except those that faults.jsonl adds ("time", "by", "ended").
Result<PlannedFault> parse_planned_fault(const nlohmann::json& json);

// Why a test cannot run, and how to go on.
struct Obstacle {
  std::string text;         // one line
  bool of_machine = false;  // another machine could do it; else no cluster of this kind can
};

// The first fault that the cluster cannot inject; nothing if it can all.
std::optional<Obstacle> unsupported(const Schedule& schedule, const Faults& faults);
// The first fault that names a node which is not there.
Result<> check_nodes(const Schedule& schedule, std::uint16_t nodes);

// "36h", "1500ms", "20us": the largest unit that divides it. Parsing takes sums: "1h30m".
std::string format_duration(Duration duration);
std::optional<Duration> parse_duration(std::string_view text);

}  // namespace holdfast::nemesis
