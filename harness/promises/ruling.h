// What the table of promises says of one anomaly, and the words it says it in.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "checkers/fault_record.h"
#include "node/base/time.h"

namespace holdfast::harness {

// Whether the configuration and the faults allow an anomaly, and why (or why not).
struct Ruling {
  bool allowed = false;
  std::string reason;
  bool undecided = false;  // the run ended too early to tell
};

inline Ruling broken(std::string reason) { return {false, std::move(reason)}; }
inline Ruling allowed(std::string reason) { return {true, std::move(reason)}; }
inline Ruling undecided(std::string reason) { return {false, std::move(reason), true}; }

// What a fault destroyed on a node: "n4's disk was wiped"; and when: "… at 8.000 s".
std::string damage(const checkers::FaultRecord& fault, NodeId node);
std::string strike(const checkers::FaultRecord& fault, NodeId node);

inline std::int64_t to_ns(Duration duration) { return to_us(duration) * 1000; }

}  // namespace holdfast::harness
