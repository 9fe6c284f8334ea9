// The measured part of the facts, as results.json keeps it for a later judgement.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <vector>

#include "checkers/checker.h"
#include "harness/absence.h"
#include "harness/repair_meter.h"

namespace holdfast::harness {

nlohmann::ordered_json measured_json(const checkers::Facts& facts);
void read_measured(const nlohmann::json& json, checkers::Facts& facts);

// `faults`: those it was measured of.
nlohmann::ordered_json absence_json(const Absence& absence,
                                    std::span<const checkers::FaultRecord> faults);
// The pairs of keys and owners: the rest is measured again.
void read_absence(const nlohmann::json& json, Absence& absence);

nlohmann::ordered_json repair_json(const std::vector<RepairCost>& repair);
void read_repair(const nlohmann::json& json, std::vector<RepairCost>& repair);

}  // namespace holdfast::harness
