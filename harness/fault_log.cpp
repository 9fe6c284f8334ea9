#include "harness/fault_log.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace holdfast::harness {
namespace {

using Json = nlohmann::json;
using nemesis::InjectedFault;

// Ends what has not ended by `heal_ns`.
void end_all(std::vector<InjectedFault>& faults, std::int64_t heal_ns) {
  for (InjectedFault& fault : faults) {
    if (!fault.end_ns || *fault.end_ns > heal_ns) fault.end_ns = heal_ns;
  }
}

Result<InjectedFault> parse_line(std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  if (json.is_discarded()) return fail("expected a JSON object");
  auto planned = nemesis::parse_planned_fault(json);
  if (!planned) return planned.error();
  if (!json.contains("time") || !json["time"].is_number_integer()) {
    return fail("expected \"time\" in nanoseconds");
  }
  InjectedFault fault;
  fault.planned = std::move(*planned);
  fault.start_ns = json["time"].get<std::int64_t>();
  if (json.contains("by") && json["by"].is_string()) fault.by = json["by"].get<std::string>();
  if (fault.planned.length) {
    fault.end_ns = fault.start_ns + to_us(*fault.planned.length) * 1000;
  }
  if (json.contains("ended") && json["ended"].is_number_integer()) {
    fault.end_ns = json["ended"].get<std::int64_t>();
  }
  if (nemesis::is_over_at_once(fault.planned)) fault.end_ns = fault.start_ns;
  return fault;
}

}  // namespace

void append_fault(std::string& out, const InjectedFault& fault) {
  nlohmann::ordered_json json = nemesis::to_json(fault.planned);
  json["time"] = fault.start_ns;
  if (!fault.by.empty()) json["by"] = fault.by;
  if (fault.end_ns && !nemesis::is_over_at_once(fault.planned)) json["ended"] = *fault.end_ns;
  out += json.dump();
  out += '\n';
}

Result<std::vector<InjectedFault>> parse_faults(std::string_view text, std::string_view name) {
  std::vector<InjectedFault> faults;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) break;  // the torn last line of a killed run
    auto fault = parse_line(text.substr(0, end));
    if (!fault) {
      return fail(std::string(name) + ":" + std::to_string(number) + ": " + fault.error().message);
    }
    text.remove_prefix(end + 1);
    if (fault->planned.fault == nemesis::kHeal) end_all(faults, fault->start_ns);
    faults.push_back(std::move(*fault));
  }
  return faults;
}

checkers::FaultRecord fault_record(const nemesis::FaultType& type, const InjectedFault& fault,
                                   std::uint16_t nodes) {
  const nemesis::PlannedFault& planned = fault.planned;
  checkers::FaultRecord record;
  record.name = planned.fault;
  record.effects = type.effects(planned);
  record.at_ns = fault.start_ns;
  record.until_ns = fault.end_ns.value_or(checkers::kNever_ns);
  record.nodes = planned.on.nodes;
  if (type.directions != nullptr) {
    for (const auto& [from, to] : type.directions(planned, planned.on.nodes, nodes)) {
      record.links.push_back({from, to});
    }
  }
  return record;
}

std::vector<checkers::FaultRecord> fault_records(std::span<const InjectedFault> faults,
                                                 std::uint16_t nodes) {
  std::vector<checkers::FaultRecord> records;
  for (const InjectedFault& fault : faults) {
    if (fault.planned.fault == nemesis::kHeal) continue;
    records.push_back(fault_record(*nemesis::find_fault_type(fault.planned.fault), fault, nodes));
  }
  return records;
}

}  // namespace holdfast::harness
