// What nodes missed while faults kept them away, and when and by what it reached them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "checkers/fault_record.h"
#include "checkers/final_state.h"
#include "checkers/history.h"
#include "harness/event_log.h"

namespace holdfast::harness {

// Counts pairs of an acknowledged write and an owner that was away all the time it was under way:
// stopped, or out of the coordinator's reach by a partition. A pair has come once the owner has the
// write, or a newer one of its key, and belongs to what brought that first.
struct MissedWrites {
  std::uint64_t missed = 0;
  std::uint64_t by_hints = 0;
  std::uint64_t by_repair = 0;  // read repair and anti-entropy
  std::uint64_t by_later_writes = 0;

  std::uint64_t still_missing() const { return missed - by_hints - by_repair - by_later_writes; }
};

// What one fault kept from its nodes. Times count from its end.
struct AbsenceOfFault {
  std::size_t fault = 0;  // which of the faults
  MissedWrites writes;
  std::optional<std::int64_t> hints_after_ms;  // until the last of the hints had come
  std::optional<std::int64_t> equal_after_ms;  // until all had come; unset: some never did
};

struct Absence {
  MissedWrites writes;  // of all faults, each pair once
  std::vector<AbsenceOfFault> faults;
  // Pairs of a key and an owner that lacked its newest version: after the hints had been
  // delivered, and in the end. Unset: not counted.
  std::optional<std::uint64_t> missing_before_repair;
  std::optional<std::uint64_t> missing_after_repair;

  std::uint64_t delivered_per_mille() const {
    return writes.missed == 0 ? 0 : writes.by_hints * 1000 / writes.missed;
  }
};

// Fills in all but the pairs of keys and owners. What brought a write is read from the event logs;
// without any, hints are counted by the nodes' last statuses.
void measure_absence(const checkers::History& history, const checkers::FinalState& state,
                     std::span<const checkers::FaultRecord> faults, const EventLogs& events,
                     Absence& absence);

}  // namespace holdfast::harness
