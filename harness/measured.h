// The measured part of the facts, as results.json keeps it for a later judgement.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "checkers/checker.h"
#include "harness/absence.h"

namespace holdfast::harness {

nlohmann::ordered_json measured_json(const checkers::Facts& facts);
void read_measured(const nlohmann::json& json, checkers::Facts& facts);

nlohmann::ordered_json absence_json(const Absence& absence);
void read_absence(const nlohmann::json& json, Absence& absence);

}  // namespace holdfast::harness
