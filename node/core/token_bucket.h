// A byte rate that is exact over time: what was taken beyond the balance is waited for. A rate of
// 0 is "no limit"; it is never the result of a division.
#pragma once

#include <algorithm>
#include <cstdint>

#include "node/base/time.h"

namespace holdfast::node {

class TokenBucket {
 public:
  // Whether something may be taken now.
  bool available(std::uint64_t rate, SteadyTime now) {
    refill(rate, now);
    return rate == 0 || micro_bytes_ > 0;
  }
  // Takes `bytes`; the balance may become negative (the last record is never cut).
  void take(std::uint64_t bytes) { micro_bytes_ -= static_cast<std::int64_t>(bytes) * 1'000'000; }
  // How long until something is available again. REQUIRES: rate > 0.
  Duration wait(std::uint64_t rate) const {
    if (micro_bytes_ > 0) return Duration{0};
    return Duration{-micro_bytes_ / static_cast<std::int64_t>(rate) + 1};
  }

 private:
  void refill(std::uint64_t rate, SteadyTime now) {
    constexpr std::int64_t kBurst_us = 100'000;  // a tenth of a second may be saved up
    const auto per_us = static_cast<std::int64_t>(std::min<std::uint64_t>(rate, 1ULL << 36));
    if (per_us == 0) return;
    // No longer than until it is full: the product cannot overflow, and no debt is too old to pay.
    const std::int64_t until_full_us = (kBurst_us * per_us - micro_bytes_) / per_us + 1;
    const std::int64_t elapsed = std::clamp<std::int64_t>(to_us(now - last_), 0, until_full_us);
    last_ = now;
    micro_bytes_ = std::min(micro_bytes_ + elapsed * per_us, kBurst_us * per_us);
  }

  SteadyTime last_{};
  std::int64_t micro_bytes_ = 0;
};

}  // namespace holdfast::node
