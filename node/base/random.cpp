#include "node/base/random.h"

#include "node/base/check.h"
#include "node/base/wide.h"

namespace holdfast {
namespace {

constexpr std::uint64_t rotate_left(std::uint64_t x, int k) { return x << k | x >> (64 - k); }

}  // namespace

std::uint64_t derive_seed(std::uint64_t seed, std::string_view purpose, std::uint64_t a,
                          std::uint64_t b, std::uint64_t c) {
  std::uint64_t hash = mix64(seed);
  for (const char letter : purpose) hash = mix64(hash ^ static_cast<unsigned char>(letter));
  hash = mix64(hash ^ a);
  hash = mix64(hash ^ b);
  return mix64(hash ^ c);
}

Random::Random(std::uint64_t seed) {
  for (std::uint64_t& word : state_) {
    seed = mix64(seed);
    word = seed;
  }
}

std::uint64_t Random::next() {
  const std::uint64_t result = rotate_left(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = rotate_left(state_[3], 45);
  return result;
}

// Lemire, "Fast Random Integer Generation in an Interval", 2019.
std::uint64_t Random::below(std::uint64_t bound) {
  CHECK(bound > 0);
  Wide product = static_cast<Wide>(next()) * bound;
  if (static_cast<std::uint64_t>(product) < bound) {
    const std::uint64_t threshold = (0 - bound) % bound;
    while (static_cast<std::uint64_t>(product) < threshold) {
      product = static_cast<Wide>(next()) * bound;
    }
  }
  return static_cast<std::uint64_t>(product >> 64);
}

std::int64_t Random::between(std::int64_t low, std::int64_t high) {
  CHECK(low <= high);
  const auto span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  if (span == UINT64_MAX) return static_cast<std::int64_t>(next());
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + below(span + 1));
}

bool Random::chance(std::uint64_t numerator, std::uint64_t denominator) {
  return below(denominator) < numerator;
}

}  // namespace holdfast
