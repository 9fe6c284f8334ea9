#include "nemesis/fault_type.h"

#include <charconv>

#include "nemesis/types.h"
#include "node/base/check.h"

namespace holdfast::nemesis {

bool ParameterDoc::takes(std::string_view value) const {
  if (type == "integer") {
    std::int64_t number = 0;
    const char* const last = value.data() + value.size();
    const auto [end, error] = std::from_chars(value.data(), last, number);
    return error == std::errc{} && end == last;
  }
  if (type == "text") return !value.empty();
  if (type == "node") return value == "all" || parse_node_name(value).has_value();
  for (std::string_view rest = type;;) {
    const std::size_t bar = rest.find('|');
    if (rest.substr(0, bar) == value) return true;
    if (bar == std::string_view::npos) return false;
    rest.remove_prefix(bar + 1);
  }
}

std::span<const FaultType> all_fault_types() {
  static const std::vector<FaultType> types = {kill_type(),
                                               stop_type(),
                                               power_loss_type(),
                                               pause_type(),
                                               restart_type(),
                                               wipe_type(),
                                               partition_type(),
                                               link_type(),
                                               disk_type(),
                                               clock_type(),
                                               slow_type(),
                                               outage_type(),
                                               hint_holder_crash_type(),
                                               rolling_restart_type(),
                                               pause_delivery_type(),
                                               pause_hints_type(),
                                               drop_hints_type(),
                                               anti_entropy_type(),
                                               config_type()};
  return types;
}

const FaultType* find_fault_type(std::string_view name) {
  for (const FaultType& type : all_fault_types()) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

bool is_over_at_once(const PlannedFault& planned) {
  return planned.fault == kHeal || find_fault_type(planned.fault)->over_at_once;
}

std::string_view parameter(const FaultType& type, const PlannedFault& planned,
                           std::string_view name) {
  const auto found = planned.parameters.find(std::string(name));
  if (found != planned.parameters.end()) return found->second;
  for (const ParameterDoc& doc : type.parameters) {
    if (doc.name == name) return doc.default_value;
  }
  CHECK(false);
  return {};
}

std::int64_t number_parameter(const FaultType& type, const PlannedFault& planned,
                              std::string_view name) {
  const std::string_view text = parameter(type, planned, name);
  std::int64_t number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  CHECK(result.ec == std::errc{});
  return number;
}

}  // namespace holdfast::nemesis
