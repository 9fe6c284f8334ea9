// Linearizability (Herlihy and Wing, 1990) of a history by a sequential model: key by key (Horn and
// Kroening, "Faster Linearizability Checking via P-Compositionality", 2015), each key by the
// cheapest algorithm that fits what its operations wrote.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "checkers/checker.h"
#include "checkers/linear/keyed_ops.h"
#include "checkers/linear/model.h"
#include "checkers/linear/search.h"
#include "checkers/linear/violation.h"

namespace holdfast::checkers {

enum class Algorithm : std::uint8_t {
  automatic,
  zones,       // a register, unique values: near-linear
  set_blocks,  // a grow-only set, read as a whole: linear
  list_order,  // a list, each element appended once, read as a whole: near-linear
  search,      // a register, any values: just-in-time search
  model        // any model: Wing, Gong and Lowe's search
};
inline constexpr int kAlgorithms = 6;
std::string_view name_of(Algorithm algorithm);

struct LinearOptions {
  Model model;
  Limits limits;
  unsigned threads = 1;  // 0: as many as there are cores
  Algorithm algorithm = Algorithm::automatic;
  std::size_t most_violations = 10;  // reported in full
  // A violation's sub-history is made smallest with at most so much work: operations and
  // configurations looked at.
  std::uint64_t minimise_work = 300'000;
};

struct KeyResult {
  Verdict verdict = Verdict::valid;
  Algorithm algorithm = Algorithm::automatic;  // that decided
  std::uint64_t explored = 0;                  // configurations of a search
  Violation violation;                         // if invalid
  std::string reason;                          // if unknown
  std::int64_t proven_until = 0;               // if unknown: linearizable up to here
};

struct LinearResult {
  Verdict verdict = Verdict::valid;
  std::uint32_t valid_keys = 0;
  std::uint32_t invalid_keys = 0;
  std::uint32_t unknown_keys = 0;
  std::uint64_t operations = 0;  // that decided
  std::uint64_t explored = 0;
  std::array<std::uint32_t, kAlgorithms> keys_by_algorithm{};
  struct AtKey {
    std::uint32_t key;
    KeyResult result;
  };
  std::vector<AtKey> violations;  // the first of them, by key
  std::vector<AtKey> unknowns;
};

LinearResult check_linearizable(const Trace& trace, const LinearOptions& options);

// One key; no minimisation.
KeyResult check_key(const Trace& trace, std::span<const Item> items, const LinearOptions& options);

}  // namespace holdfast::checkers
