// What operators do to a running cluster, as words of a schedule.

#include "nemesis/types.h"

namespace holdfast::nemesis {
namespace {

using checkers::FaultEffects;
using What = OperatorAction::What;

// The destination that a fault names; kNoNode: all.
NodeId destination_of(const PlannedFault& planned, std::string_view name) {
  const FaultType& type = *find_fault_type(planned.fault);
  return parse_node_name(parameter(type, planned, name)).value_or(kNoNode);
}

std::vector<FaultKind> needs_nothing(const PlannedFault&) { return {}; }

void end_nothing(const PlannedFault&, const std::vector<NodeId>&, Effects&) {}

}  // namespace

FaultType pause_delivery_type() {
  FaultType type("pause-delivery", "an operator pauses the delivery of hints, then resumes it",
                 [](const PlannedFault&) { return FaultEffects{.pauses_delivering = true}; });
  type.parameters = {{"to", "node", "all", "the destination"}};
  type.needs = needs_nothing;
  type.begin = [](const PlannedFault& planned, const std::vector<NodeId>& nodes, Effects& effects) {
    const OperatorAction action{What::pause_delivering, destination_of(planned, "to"), "", ""};
    for (NodeId node : nodes) effects.hold_action(node, action);
  };
  type.end = [](const PlannedFault& planned, const std::vector<NodeId>& nodes, Effects& effects) {
    const OperatorAction action{What::pause_delivering, destination_of(planned, "to"), "", ""};
    for (NodeId node : nodes) effects.release_action(node, action);
  };
  type.only_if_named = true;
  return type;
}

FaultType pause_hints_type() {
  FaultType type("pause-hints", "an operator lets nodes take no new hints, then lets them again",
                 [](const PlannedFault&) { return FaultEffects{.pauses_accepting = true}; });
  type.needs = needs_nothing;
  type.begin = [](const PlannedFault&, const std::vector<NodeId>& nodes, Effects& effects) {
    for (NodeId node : nodes) effects.hold_action(node, {What::pause_accepting, kNoNode, "", ""});
  };
  type.end = [](const PlannedFault&, const std::vector<NodeId>& nodes, Effects& effects) {
    for (NodeId node : nodes)
      effects.release_action(node, {What::pause_accepting, kNoNode, "", ""});
  };
  type.only_if_named = true;
  return type;
}

FaultType drop_hints_type() {
  FaultType type("drop-hints",
                 "an operator drops the hints that wait, and that are counted as such",
                 [](const PlannedFault&) { return FaultEffects{.drops_hints = true}; });
  type.parameters = {{"to", "node", "all", "the destination whose hints are dropped"}};
  type.needs = needs_nothing;
  type.begin = [](const PlannedFault& planned, const std::vector<NodeId>& nodes, Effects& effects) {
    const NodeId named = destination_of(planned, "to");
    for (NodeId node : nodes) {
      for (NodeId to = 0; to < effects.nodes(); ++to) {
        if (to != node && (named == kNoNode || to == named)) {
          effects.operate(node, {What::drop_hints, to, "", ""});
        }
      }
    }
  };
  type.end = end_nothing;
  type.lasts = std::chrono::seconds(5);
  type.only_if_named = true;
  return type;
}

FaultType anti_entropy_type() {
  FaultType type("anti-entropy", "an operator starts a round of anti-entropy with every peer",
                 [](const PlannedFault&) { return FaultEffects{}; });
  type.needs = needs_nothing;
  type.begin = [](const PlannedFault&, const std::vector<NodeId>& nodes, Effects& effects) {
    for (NodeId node : nodes) effects.operate(node, {What::start_anti_entropy, kNoNode, "", ""});
  };
  type.end = end_nothing;
  type.over_at_once = true;
  type.only_if_named = true;
  return type;
}

FaultType config_type() {
  FaultType type("config",
                 "an operator changes a setting of running nodes, and changes it back in the end",
                 [](const PlannedFault&) { return FaultEffects{.changes_settings = true}; });
  type.parameters = {{"setting", "text", "handoff_send_bytes_per_s", "its name"},
                     {"value", "text", "0", "its new value"}};
  type.needs = needs_nothing;
  type.begin = [](const PlannedFault& planned, const std::vector<NodeId>& nodes, Effects& effects) {
    const FaultType& self = *find_fault_type("config");
    const OperatorAction action{What::set, kNoNode,
                                std::string(parameter(self, planned, "setting")),
                                std::string(parameter(self, planned, "value"))};
    for (NodeId node : nodes) effects.hold_action(node, action);
  };
  type.end = [](const PlannedFault& planned, const std::vector<NodeId>& nodes, Effects& effects) {
    const FaultType& self = *find_fault_type("config");
    const OperatorAction action{What::set, kNoNode,
                                std::string(parameter(self, planned, "setting")),
                                std::string(parameter(self, planned, "value"))};
    for (NodeId node : nodes) effects.release_action(node, action);
  };
  type.only_if_named = true;
  return type;
}

}  // namespace holdfast::nemesis
