// Which of the first `count` keys an operation takes.
#pragma once

#include <cstdint>
#include <vector>

#include "node/base/random.h"
#include "workloads/parameters.h"

namespace holdfast::workloads {

class KeyDistribution {
 public:
  // For at most `most` keys. Zipf keeps a table of 8 bytes a key: key i (from 0) has the weight
  // (i + 1)^-exponent in fixed point, made by integers alone.
  KeyDistribution(KeyChoice choice, std::uint64_t most, std::uint32_t zipf_per_mille);

  // REQUIRES: 0 < count <= most.
  std::uint64_t draw(std::uint64_t count, Random& random);

 private:
  KeyChoice choice_;
  std::uint64_t turn_ = 0;                 // sequential
  std::vector<std::uint64_t> cumulative_;  // zipf
};

}  // namespace holdfast::workloads
