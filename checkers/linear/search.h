// What the searches share: limits, and what they found.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "checkers/linear/violation.h"

namespace holdfast::checkers {

// Per key, and counted, not timed: a verdict does not depend on the machine.
struct Limits {
  std::uint64_t configurations = 20'000'000;
  std::uint64_t bytes = 400'000'000;
  // Set from outside, for whoever cannot wait: searches give up. Then it does depend on time.
  const std::atomic<bool>* stop = nullptr;

  bool stopped() const { return stop != nullptr && stop->load(std::memory_order_relaxed); }
};

enum class SearchVerdict : std::uint8_t { valid, invalid, unknown };

struct SearchResult {
  SearchVerdict verdict = SearchVerdict::valid;
  Violation violation;            // if invalid; without `smallest`
  std::string reason;             // if unknown: which limit
  std::int64_t proven_until = 0;  // if unknown: the history is linearizable up to this point
  std::uint64_t explored = 0;     // configurations
};

}  // namespace holdfast::checkers
