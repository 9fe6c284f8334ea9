// What nodes missed while they were away, and how it reached them: by hints, or by repair.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "checkers/fault_record.h"
#include "checkers/final_state.h"
#include "checkers/history.h"

namespace holdfast::harness {

struct Absence {
  // Pairs of an acknowledged write and an owner that was stopped all the time it was under way.
  std::uint64_t missed_writes = 0;
  std::uint64_t hints_delivered = 0;
  // Pairs of a key and an owner that lacked its newest version: after the hints had been
  // delivered, and in the end. Unset: not counted.
  std::optional<std::uint64_t> missing_before_repair;
  std::optional<std::uint64_t> missing_after_repair;

  std::uint64_t delivered_per_mille() const {
    return missed_writes == 0 ? 0 : hints_delivered * 1000 / missed_writes;
  }
};

std::uint64_t count_missed_writes(const checkers::History& history,
                                  const checkers::FinalState& state,
                                  std::span<const checkers::FaultRecord> faults);
// By the nodes' last statuses, of the stores they had then.
std::uint64_t count_delivered(const checkers::FinalState& state);

}  // namespace holdfast::harness
