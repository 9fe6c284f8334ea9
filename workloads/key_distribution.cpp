#include "workloads/key_distribution.h"

#include <algorithm>
#include <array>
#include <bit>

#include "node/base/check.h"

namespace holdfast::workloads {
namespace {

constexpr int kFraction = 31;  // bits: a product of two numbers below 2 fits 64
constexpr std::uint64_t kOne = std::uint64_t{1} << kFraction;
constexpr int kWeightBits = 36;  // of the weight of key 0; leaves room for 2^27 keys

std::uint64_t square_root(std::uint64_t x) {
  std::uint64_t root = 0;
  for (std::uint64_t bit = std::uint64_t{1} << 31; bit != 0; bit >>= 1) {
    if ((root | bit) * (root | bit) <= x) root |= bit;
  }
  return root;
}

// log2(x), rounded down. REQUIRES: 0 < x < 2^32.
std::uint64_t log2_of(std::uint64_t x) {
  const int whole = std::bit_width(x) - 1;
  std::uint64_t result = static_cast<std::uint64_t>(whole) << kFraction;
  std::uint64_t mantissa = x << (kFraction - whole);
  for (int bit = kFraction - 1; bit >= 0; --bit) {
    mantissa = (mantissa * mantissa) >> kFraction;
    if (mantissa < 2 * kOne) continue;
    mantissa >>= 1;
    result |= std::uint64_t{1} << bit;
  }
  return result;
}

// 2^-(1/2), 2^-(1/4), 2^-(1/8), …
std::array<std::uint64_t, kFraction> make_roots() {
  std::array<std::uint64_t, kFraction> roots{};
  std::uint64_t root = kOne / 2;
  for (auto& each : roots) {
    root = square_root(root << kFraction);
    each = root;
  }
  return roots;
}

// 2^-x, scaled by 2^kWeightBits; at least 1, so that no key is impossible.
std::uint64_t weight(std::uint64_t x) {
  static const auto roots = make_roots();
  std::uint64_t mantissa = kOne;
  for (int i = 0; i < kFraction; ++i) {
    if ((x >> (kFraction - 1 - i)) & 1) mantissa = (mantissa * roots[i]) >> kFraction;
  }
  const std::uint64_t shift = x >> kFraction;
  if (shift >= 64) return 1;
  return std::max<std::uint64_t>((mantissa << (kWeightBits - kFraction)) >> shift, 1);
}

}  // namespace

KeyDistribution::KeyDistribution(KeyChoice choice, std::uint64_t most, std::uint32_t zipf_per_mille)
    : choice_(choice) {
  CHECK(most <= std::uint64_t{1} << 27);
  if (choice != KeyChoice::zipf) return;
  cumulative_.reserve(most);
  std::uint64_t sum = 0;
  for (std::uint64_t key = 0; key < most; ++key) {
    sum += weight(log2_of(key + 1) * zipf_per_mille / 1000);
    cumulative_.push_back(sum);
  }
}

std::uint64_t KeyDistribution::draw(std::uint64_t count, Random& random) {
  CHECK(count > 0);
  switch (choice_) {
    case KeyChoice::uniform:
      return random.below(count);
    case KeyChoice::sequential:
      return turn_++ % count;
    case KeyChoice::zipf: {
      CHECK(count <= cumulative_.size());
      const std::uint64_t point = random.below(cumulative_[count - 1]);
      const auto last = cumulative_.begin() + static_cast<std::ptrdiff_t>(count);
      return static_cast<std::uint64_t>(std::upper_bound(cumulative_.begin(), last, point) -
                                        cumulative_.begin());
    }
  }
  return 0;
}

}  // namespace holdfast::workloads
