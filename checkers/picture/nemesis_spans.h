// When faults were there, from the events of a nemesis: what begins a fault and what ends it is
// guessed from their names, as Jepsen's packages have them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "checkers/trace/trace.h"

namespace holdfast::checkers {

struct NemesisSpan {
  std::size_t first = 0;  // the event that began it, among trace.nemesis
  std::size_t last = 0;   // the one that ended it: trace.nemesis.size() if none did; else at least
                          // `first`, which it is for events that begin and end nothing
  std::string name;
};

// In the order of their beginnings.
std::vector<NemesisSpan> nemesis_spans(std::span<const NemesisEvent> events);

}  // namespace holdfast::checkers
