// What repair cost in each phase of a run, by the nodes' own counters.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/status_poll.h"

namespace holdfast::harness {

struct RepairCost {
  std::string phase;
  std::uint64_t read_repairs = 0;
  std::uint64_t anti_entropy_rounds = 0;
  std::uint64_t repaired_keys = 0;
  std::uint64_t hash_comparisons = 0;
  std::uint64_t anti_entropy_bytes = 0;
  std::uint64_t hint_bytes = 0;  // sent by handoff
};

// Counters begin at 0 with each start of a process: what one counted after its last look before it
// died is not seen.
class RepairMeter {
 public:
  // What has been counted since the last look belongs to the phase of that look.
  void look(const Statuses& statuses);
  void begin_phase(std::string_view name) { phase_ = name; }
  // In the order of the phases; those in which nothing was repaired are left out.
  std::vector<RepairCost> costs() const;

 private:
  struct Seen {
    std::uint32_t incarnation = 0;
    node::Counters counters;
  };
  std::string phase_;       // now
  std::string looked_in_;   // at the last look
  std::vector<Seen> seen_;  // by node
  std::vector<RepairCost> costs_;
};

}  // namespace holdfast::harness
