// A mix of first writes, overwrites, deletes and reads in exact numbers and random order.
#pragma once

#include <cstdint>
#include <vector>

#include "workloads/key_distribution.h"
#include "workloads/pace.h"
#include "workloads/workload.h"

namespace holdfast::workloads {

struct MixCounts {
  std::uint64_t first_writes = 0;  // each of a key of its own, in shuffled order
  std::uint64_t overwrites = 0;    // of keys written before
  std::uint64_t deletes = 0;       // of the overwrites
  std::uint64_t reads = 0;         // of keys written before

  std::uint64_t operations() const { return first_writes + overwrites + reads; }
  bool operator==(const MixCounts&) const = default;
};

// What the parameters come to: the keys' first writes and their overwrites, unless `writes`, or
// rate and duration together, say how many there are.
MixCounts count_mix(const Parameters& parameters, Duration duration, bool overwrites);

class Mix {
 public:
  Mix(const Parameters& parameters, const MixCounts& counts, Duration duration, std::uint64_t seed);

  Step next(std::int64_t now_ns);
  std::uint64_t operations() const { return total_; }

 private:
  Request draw();
  Request draw_write();

  MixCounts left_;
  std::uint64_t total_;
  std::uint64_t issued_ = 0;
  std::uint64_t written_ = 0;  // keys of order_ that have been written
  std::int64_t next_value_ = 1;
  Random random_;
  KeyDistribution distribution_;
  Pace pace_;
  std::vector<std::uint32_t> order_;  // of the first writes
};

}  // namespace holdfast::workloads
