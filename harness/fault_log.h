// faults.jsonl: what the nemesis really did, in the form of a schedule, so that it runs again.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checkers/fault_record.h"
#include "nemesis/fault_type.h"
#include "nemesis/nemesis.h"
#include "node/base/result.h"

namespace holdfast::harness {

// A line: {"at":"3s","fault":"kill","on":"n2","for":"2s","time":3000000000,"by":"outage",
// "ended":5000000000}; "time" and "ended" are on the history's clock, in nanoseconds. Lines have no
// "ended" while the run goes on.
void append_fault(std::string& out, const nemesis::InjectedFault& fault);
// Reads them back. When a fault without "ended" did so follows from its length and the heals.
Result<std::vector<nemesis::InjectedFault>> parse_faults(std::string_view text,
                                                         std::string_view name);

// What verdicts depend on: the effects that a fault's type declares, when and where.
checkers::FaultRecord fault_record(const nemesis::FaultType& type,
                                   const nemesis::InjectedFault& fault, std::uint16_t nodes);
std::vector<checkers::FaultRecord> fault_records(std::span<const nemesis::InjectedFault> faults,
                                                 std::uint16_t nodes);

}  // namespace holdfast::harness
