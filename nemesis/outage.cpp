#include "nemesis/types.h"

namespace holdfast::nemesis {
namespace {

PlannedFault plain_of(const PlannedFault& planned) {
  PlannedFault plain = planned;
  const std::string_view how = parameter(*find_fault_type("outage"), planned, "how");
  plain.parameters.clear();
  plain.at = Duration(0);
  plain.fault = how == "isolate" ? "partition" : std::string(how);
  return plain;
}

void find_outage(const PlannedFault& planned, ClusterView&, Random, FaultType::Found found) {
  found({plain_of(planned)});
}

}  // namespace

FaultType outage_type() {
  FaultType type("outage", "a node is away for any length of time: dead, without power, or cut off",
                 [](const PlannedFault& planned) {
                   const PlannedFault plain = plain_of(planned);
                   return find_fault_type(plain.fault)->effects(plain);
                 });
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
