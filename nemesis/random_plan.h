// A random plan: a schedule drawn from the seed in one step. Swarm style: some faults are off,
// others intense (Groce et al., "Swarm testing", 2012).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "nemesis/schedule.h"

namespace holdfast::nemesis {

struct RandomPlan {
  std::vector<std::string> faults;  // names to choose from; empty: all that the cluster supports
  std::uint32_t most = 10;          // at most so many faults
  Duration over{0};                 // the time they strike in; zero: the load's duration
};

// REQUIRES: plan.over > 0.
Schedule draw_schedule(const RandomPlan& plan, std::uint16_t nodes, const Faults& faults,
                       std::uint64_t seed);

}  // namespace holdfast::nemesis
