#include "harness/campaign/simulate.h"

namespace holdfast::harness {

std::unique_ptr<SimCluster> simulate(const TestFile& test, std::uint64_t seed) {
  SimOptions options;
  options.nodes = test.nodes;
  options.config = test.config;
  options.seed = seed;
  options.network.delay_min = test.network.delay;
  options.network.delay_max = test.network.delay + test.network.jitter;
  options.network.streams = test.network.streams;
  return std::make_unique<SimCluster>(options);
}

}  // namespace holdfast::harness
