#include "nemesis/types.h"

namespace holdfast::nemesis {
namespace {

void find_outage(const PlannedFault& planned, ClusterView&, Random, FaultType::Found found) {
  PlannedFault plain = planned;
  const std::string_view how = parameter(*find_fault_type("outage"), planned, "how");
  plain.parameters.clear();
  plain.fault = how == "isolate" ? "partition" : std::string(how);
  found({std::move(plain)});
}

}  // namespace

FaultType outage_type() {
  FaultType type;
  type.name = "outage";
  type.doc = "a node is away for any length of time: dead, without power, or cut off";
  type.parameters = {{"how", "kill|power-loss|isolate", "kill", "what keeps it away"}};
  type.needs = [](const PlannedFault& planned) {
    const std::string_view how = parameter(*find_fault_type("outage"), planned, "how");
    if (how == "isolate") return std::vector{FaultKind::partition};
    return std::vector{how == "kill" ? FaultKind::kill : FaultKind::power_loss, FaultKind::restart};
  };
  type.find = find_outage;
  return type;
}

}  // namespace holdfast::nemesis
