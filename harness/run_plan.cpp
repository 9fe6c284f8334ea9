#include "harness/run_plan.h"

#include <algorithm>

namespace holdfast::harness {

nemesis::Schedule schedule_of(const TestFile& test, const nemesis::Faults& faults,
                              std::uint64_t seed) {
  if (!test.random) return test.schedule;
  nemesis::RandomPlan plan = *test.random;
  if (plan.over.count() == 0) plan.over = test.phases.load;
  return draw_schedule(plan, test.nodes, faults, seed);
}

Duration length_of(const TestFile& test, const nemesis::Schedule& schedule) {
  if (test.phases.load.count() > 0) return test.phases.load;
  Duration length{0};
  for (const auto& planned : schedule) {
    const Duration last = planned.until.value_or(planned.at);
    length = std::max(length, last + planned.length.value_or(Duration(0)));
  }
  return length;
}

}  // namespace holdfast::harness
