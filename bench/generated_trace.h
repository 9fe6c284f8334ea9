// Large register histories from a seed: closed-loop clients against one perfect object per key.
#pragma once

#include <cstdint>

#include "checkers/trace/trace.h"

namespace holdfast::bench {

struct TraceShape {
  std::uint64_t operations = 1'000'000;
  std::uint64_t keys = 1;
  std::uint64_t clients = 10;
  std::uint64_t values = 0;  // different ones; 0: all unique
  std::uint64_t read_percent = 50;
  std::uint64_t cas_percent = 0;      // of all; the expected value is the current one
  std::uint64_t unknown_percent = 0;  // of writes: half of them take effect
  bool stale = false;         // one read near the end returns what was certainly overwritten
  std::int64_t think_ns = 0;  // mean pause of a client
  std::uint64_t seed = 1;
  bool versions = false;
};

// Each operation takes 0.2 ms and an exponential 1 ms, and takes effect at a random moment of it.
checkers::Trace generate(const TraceShape& shape);

// A grow-only set: adds one after the other, and reads of all of it in between.
checkers::Trace generate_set(std::uint64_t adds, std::uint64_t reads);

}  // namespace holdfast::bench
