#include "node/core/token_bucket.h"

#include <gtest/gtest.h>

namespace holdfast::node {
namespace {

// Takes `piece` bytes whenever it may, for `span`; the bytes taken.
std::uint64_t drain(std::uint64_t rate, std::uint64_t piece, Duration span) {
  TokenBucket bucket;
  std::uint64_t taken = 0;
  SteadyTime now{std::chrono::seconds(100)};
  const SteadyTime end = now + span;
  bucket.available(rate, now);
  while (now < end) {
    if (bucket.available(rate, now)) {
      bucket.take(piece);
      taken += piece;
    } else {
      now += bucket.wait(rate);
    }
    now += Duration{1};
  }
  return taken;
}

TEST(TokenBucket, RateHoldsOverTimeForAnySizeOfPiece) {
  for (const std::uint64_t piece : {10u, 1000u, 50'000u}) {
    const std::uint64_t taken = drain(10'000, piece, std::chrono::seconds(100));
    EXPECT_GE(taken, 900'000u) << piece;
    EXPECT_LE(taken, 1'001'000u + 2 * piece) << piece;
  }
}

// CASSANDRA-15859: a rate below one byte per something must not become "no limit".
TEST(TokenBucket, TinyRateIsStillALimit) {
  EXPECT_LE(drain(1, 1, std::chrono::seconds(100)), 102u);
  EXPECT_GE(drain(1, 1, std::chrono::seconds(100)), 98u);
}

TEST(TokenBucket, ZeroIsNoLimit) {
  TokenBucket bucket;
  bucket.take(1'000'000'000);
  EXPECT_TRUE(bucket.available(0, SteadyTime{}));
}

// Found by `holdfast campaign random`, seed 23078: of a wait longer than a minute only a minute
// counted, so that large batches at a small rate were delivered ever later than the rate says.
TEST(TokenBucket, LongDebtIsPaidInFull) {
  TokenBucket bucket;
  SteadyTime now{std::chrono::hours(1)};
  constexpr std::uint64_t kRate = 100;
  ASSERT_TRUE(bucket.available(kRate, now));
  bucket.take(20'000);  // 200 seconds
  EXPECT_FALSE(bucket.available(kRate, now + std::chrono::seconds(190)));
  TokenBucket other;
  ASSERT_TRUE(other.available(kRate, now));
  other.take(20'000);
  EXPECT_TRUE(other.available(kRate, now + std::chrono::seconds(201)));
}

}  // namespace
}  // namespace holdfast::node
