// One seed, one run: the same trace whenever, after whatever, and from whichever compiler.
#include <gtest/gtest.h>

#include <cstdio>

#include "harness/sim/testing/chaos.h"

namespace holdfast::harness {
namespace {

using namespace std::chrono_literals;

SimOptions options_of(std::uint64_t seed, bool streams) {
  SimOptions options;
  options.seed = seed;
  options.network.streams = streams;
  options.config.quorum = node::QuorumKind::sloppy;
  options.config.anti_entropy_period = 5s;
  return options;
}

Cluster::Statistics run(std::uint64_t seed, bool streams) {
  Chaos chaos(options_of(seed, streams), 20s);
  EXPECT_TRUE(chaos.run()) << "seed " << seed;
  EXPECT_GT(chaos.succeeded(), 100) << "seed " << seed;
  EXPECT_GT(chaos.faults(), 50) << "seed " << seed;
  return chaos.scenario().cluster.statistics();
}

// The hash of all seeds is printed, so that the builds of two compilers can be compared.
void expect_repeatable(bool streams) {
  std::uint64_t all = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const Cluster::Statistics first = run(seed, streams);
    const Cluster::Statistics second = run(seed, streams);
    EXPECT_EQ(first.trace_hash, second.trace_hash) << "seed " << seed;
    EXPECT_EQ(first.events, second.events) << "seed " << seed;
    EXPECT_EQ(first.messages, second.messages) << "seed " << seed;
    all = mix64(all ^ first.trace_hash);
  }
  std::printf("trace hash of 12 seeds %s: %016llx\n", streams ? "in streams" : "in messages",
              static_cast<unsigned long long>(all));
}

TEST(Determinism, ASeedRepeatsUnderEveryFault) { expect_repeatable(false); }
TEST(Determinism, ASeedRepeatsInStreams) { expect_repeatable(true); }

TEST(Determinism, SeedsDiffer) { EXPECT_NE(run(1, false).trace_hash, run(2, false).trace_hash); }

TEST(Determinism, LookingAtARunDoesNotChangeIt) {
  const auto hash = [](bool looking) {
    Scenario scenario(options_of(5, false));
    std::size_t lines = 0;
    if (looking) scenario.cluster.set_trace_sink([&](std::string_view) { ++lines; });
    scenario.write(0, "k", "v");
    scenario.faults().kill(2);
    scenario.pass(10s);
    EXPECT_EQ(lines > 100, looking);
    return scenario.cluster.statistics().trace_hash;
  };
  EXPECT_EQ(hash(false), hash(true));
}

}  // namespace
}  // namespace holdfast::harness
