// One kind of thing a nemesis does, by the name that schedules use. One file each; fault_type.cpp
// has the list. A type declares its effects (checkers/fault_effects.h) in its constructor: whatever
// a verdict excuses by the fault follows from that declaration.
#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "checkers/fault_effects.h"
#include "nemesis/effects.h"
#include "nemesis/schedule.h"
#include "node/base/random.h"

namespace holdfast::nemesis {

struct ParameterDoc {
  std::string_view name;
  // "integer", "node" (or "all"), "text", or the choices: "kill|power-loss|wipe"
  std::string_view type;
  std::string_view default_value;
  std::string_view doc;

  // Whether `value` is of this type.
  bool takes(std::string_view value) const;
};

struct FaultType {
  // The effects of a planned fault with its parameters; of a compound fault, those of what it leads
  // to.
  using EffectsOf = checkers::FaultEffects (*)(const PlannedFault& planned);

  FaultType(std::string_view type_name, std::string_view type_doc, EffectsOf type_effects)
      : name(type_name), doc(type_doc), effects(type_effects) {}

  std::string_view name;
  std::string_view doc;
  EffectsOf effects;
  std::vector<ParameterDoc> parameters;

  // The directions of links it touches; null if it touches none.
  std::vector<Direction> (*directions)(const PlannedFault& planned,
                                       const std::vector<NodeId>& nodes,
                                       std::uint16_t size) = nullptr;
  bool over_at_once = false;   // it ends as it strikes, whatever its length
  Duration lasts{0};           // at least: what it asks for may come about that late
  bool only_if_named = false;  // random plans do not draw it

  // What the cluster must support for it.
  std::vector<FaultKind> (*needs)(const PlannedFault& planned) = nullptr;

  // A plain fault begins and ends. `nodes` are those of the planned fault's spec, resolved.
  using Act = void (*)(const PlannedFault& planned, const std::vector<NodeId>& nodes,
                       Effects& effects);
  Act begin = nullptr;
  Act end = nullptr;

  // A compound fault (begin and end are null) watches the cluster and gives the plain faults to
  // inject, each `at` so much from now; none, if what it waited for did not happen.
  using Found = std::function<void(std::vector<PlannedFault>)>;
  void (*find)(const PlannedFault& planned, ClusterView& view, Random random,
               Found found) = nullptr;

  // Gives random parameters to a fault of a random plan; null if it has none.
  void (*draw)(PlannedFault& planned, Random& random) = nullptr;
};

std::span<const FaultType> all_fault_types();
const FaultType* find_fault_type(std::string_view name);

// Whether it ends as it strikes: a heal, a restart.
bool is_over_at_once(const PlannedFault& planned);

// A parameter's value, or its default. REQUIRES: the type documents it.
std::string_view parameter(const FaultType& type, const PlannedFault& planned,
                           std::string_view name);
std::int64_t number_parameter(const FaultType& type, const PlannedFault& planned,
                              std::string_view name);

}  // namespace holdfast::nemesis
