// Seeded randomness: the same numbers on every machine, compiler and library.
//
// One 64-bit seed fixes a run. Every consumer draws from a stream of its own, derived from
// (seed, purpose, ids), so that adding or removing one consumer never moves another's numbers.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace holdfast {

// Mixes 64 bits well (the finalizer of SplitMix64, Steele et al. 2014).
constexpr std::uint64_t mix64(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

// The seed of the stream named by `purpose` and up to three numbers (a node, a link, a counter).
std::uint64_t derive_seed(std::uint64_t seed, std::string_view purpose, std::uint64_t a = 0,
                          std::uint64_t b = 0, std::uint64_t c = 0);

// xoshiro256** (Blackman and Vigna, 2018). Integers only: no floating point, no std::distribution.
class Random {
 public:
  explicit Random(std::uint64_t seed);

  std::uint64_t next();
  // Uniform in [0, bound), without bias. REQUIRES: bound > 0.
  std::uint64_t below(std::uint64_t bound);
  // Uniform in [low, high], both included. REQUIRES: low <= high.
  std::int64_t between(std::int64_t low, std::int64_t high);
  // True with probability numerator/denominator.
  bool chance(std::uint64_t numerator, std::uint64_t denominator);

 private:
  std::array<std::uint64_t, 4> state_;
};

}  // namespace holdfast
