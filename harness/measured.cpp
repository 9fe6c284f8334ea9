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

nlohmann::ordered_json absence_json(const Absence& absence) {
  nlohmann::ordered_json json;
  json["missed_writes"] = absence.missed_writes;
  json["hints_delivered"] = absence.hints_delivered;
  json["delivered_per_mille"] = absence.delivered_per_mille();
  json["missing_before_repair"] = optional_json(absence.missing_before_repair);
  json["missing_after_repair"] = optional_json(absence.missing_after_repair);
  return json;
}

void read_absence(const nlohmann::json& json, Absence& absence) {
  if (!json.is_object()) return;
  read(json, "missed_writes", absence.missed_writes);
  read(json, "hints_delivered", absence.hints_delivered);
  read(json, "missing_before_repair", absence.missing_before_repair);
  read(json, "missing_after_repair", absence.missing_after_repair);
}

}  // namespace holdfast::harness
