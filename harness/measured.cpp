#include "harness/measured.h"

#include <nlohmann/json.hpp>

namespace holdfast::harness {
namespace {

template <class T>
nlohmann::ordered_json optional_json(const std::optional<T>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
}

template <class T>
void read(const nlohmann::json& json, const char* name, T& value) {
  if (json.contains(name) && json[name].is_number_integer()) value = json[name].get<T>();
}

template <class T>
void read(const nlohmann::json& json, const char* name, std::optional<T>& value) {
  if (json.contains(name) && json[name].is_number_integer()) value = json[name].get<T>();
}

}  // namespace

nlohmann::ordered_json measured_json(const checkers::Facts& facts) {
  nlohmann::ordered_json json;
  json["after_ms"] = optional_json(facts.convergence.after_ms);
  json["bound_ms"] = optional_json(facts.convergence.bound_ms);
  json["repaired_keys"] = facts.convergence.repaired_keys;
  json["hash_comparisons"] = facts.convergence.hash_comparisons;
  json["bytes"] = facts.convergence.bytes;
  json["silent"] = optional_json(facts.convergence.silent);
  json["drain_overdue"] = facts.convergence.drain_overdue;
  const bool ended = facts.handoff_ended_ns != checkers::kNever_ns;
  json["handoff_ended_ns"] =
      ended ? nlohmann::ordered_json(facts.handoff_ended_ns) : nlohmann::ordered_json();
  if (!facts.drain_waits_for.empty()) json["drain_waits_for"] = facts.drain_waits_for;
  json["clock_difference_us"] = to_us(facts.clock_difference);
  return json;
}

void read_measured(const nlohmann::json& json, checkers::Facts& facts) {
  if (!json.is_object()) return;
  read(json, "after_ms", facts.convergence.after_ms);
  read(json, "bound_ms", facts.convergence.bound_ms);
  read(json, "repaired_keys", facts.convergence.repaired_keys);
  read(json, "hash_comparisons", facts.convergence.hash_comparisons);
  read(json, "bytes", facts.convergence.bytes);
  if (json.contains("silent") && json["silent"].is_boolean()) {
    facts.convergence.silent = json["silent"].get<bool>();
  }
  if (json.contains("drain_overdue") && json["drain_overdue"].is_boolean()) {
    facts.convergence.drain_overdue = json["drain_overdue"].get<bool>();
  }
  read(json, "handoff_ended_ns", facts.handoff_ended_ns);
  if (json.contains("drain_waits_for") && json["drain_waits_for"].is_string()) {
    facts.drain_waits_for = json["drain_waits_for"].get<std::string>();
  }
  std::int64_t difference_us = 0;
  read(json, "clock_difference_us", difference_us);
  facts.clock_difference = Duration(difference_us);
}

namespace {

void add(const MissedWrites& writes, nlohmann::ordered_json& json) {
  json["missed_writes"] = writes.missed;
  json["hints_delivered"] = writes.by_hints;
  json["repaired"] = writes.by_repair;
  json["written_later"] = writes.by_later_writes;
  json["still_missing"] = writes.still_missing();
}

}  // namespace

nlohmann::ordered_json absence_json(const Absence& absence,
                                    std::span<const checkers::FaultRecord> faults) {
  nlohmann::ordered_json json;
  add(absence.writes, json);
  json["delivered_per_mille"] = absence.delivered_per_mille();
  json["missing_before_repair"] = optional_json(absence.missing_before_repair);
  json["missing_after_repair"] = optional_json(absence.missing_after_repair);
  auto& rows = json["faults"] = nlohmann::ordered_json::array();
  for (const AbsenceOfFault& each : absence.faults) {
    const checkers::FaultRecord& fault = faults[each.fault];
    auto& row = rows.emplace_back();
    row["fault"] = fault.name;
    auto& nodes = row["nodes"] = nlohmann::ordered_json::array();
    for (const NodeId node : fault.nodes) nodes.push_back(node_name(node));
    row["start_ms"] = fault.at_ns / 1'000'000;
    row["end_ms"] = fault.until_ns / 1'000'000;
    add(each.writes, row);
    row["hints_after_ms"] = optional_json(each.hints_after_ms);
    row["equal_after_ms"] = optional_json(each.equal_after_ms);
  }
  return json;
}

void read_absence(const nlohmann::json& json, Absence& absence) {
  if (!json.is_object()) return;
  read(json, "missing_before_repair", absence.missing_before_repair);
  read(json, "missing_after_repair", absence.missing_after_repair);
}

nlohmann::ordered_json repair_json(const std::vector<RepairCost>& repair) {
  auto json = nlohmann::ordered_json::array();
  for (const RepairCost& cost : repair) {
    json.push_back({{"phase", cost.phase},
                    {"read_repairs", cost.read_repairs},
                    {"anti_entropy_rounds", cost.anti_entropy_rounds},
                    {"repaired_keys", cost.repaired_keys},
                    {"hash_comparisons", cost.hash_comparisons},
                    {"anti_entropy_bytes", cost.anti_entropy_bytes},
                    {"hint_bytes", cost.hint_bytes}});
  }
  return json;
}

void read_repair(const nlohmann::json& json, std::vector<RepairCost>& repair) {
  if (!json.is_array()) return;
  for (const nlohmann::json& each : json) {
    if (!each.is_object() || !each.contains("phase") || !each["phase"].is_string()) continue;
    RepairCost cost;
    cost.phase = each["phase"].get<std::string>();
    read(each, "read_repairs", cost.read_repairs);
    read(each, "anti_entropy_rounds", cost.anti_entropy_rounds);
    read(each, "repaired_keys", cost.repaired_keys);
    read(each, "hash_comparisons", cost.hash_comparisons);
    read(each, "anti_entropy_bytes", cost.anti_entropy_bytes);
    read(each, "hint_bytes", cost.hint_bytes);
    repair.push_back(std::move(cost));
  }
}

}  // namespace holdfast::harness
