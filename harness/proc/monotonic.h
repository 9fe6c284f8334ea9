// The time that no clock fault and nobody else moves: what a real cluster measures by.
#pragma once

#include <time.h>

#include <cstdint>

namespace holdfast::harness {

inline std::int64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace holdfast::harness
