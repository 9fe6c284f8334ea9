#include "node/core/clock.h"

#include <algorithm>

#include "node/base/check.h"

namespace holdfast::node {
namespace {

constexpr std::string_view kCeiling = "clock_ceiling_us";

}  // namespace

HybridClock::HybridClock(Store& store, NodeId self, std::uint32_t incarnation, WallTime now)
    : store_(store), self_(self), incarnation_(incarnation) {
  ceiling_us_ = store.number(kCeiling).value_or(0);
  floor_us_ = ceiling_us_;
  wait_until_us_ = ready(now, ceiling_us_) ? 0 : ceiling_us_;
}

// A clock so far behind must have been set back, before the start or while waiting.
bool HybridClock::ready(WallTime now, std::int64_t until_us) {
  return to_us(now) >= until_us || until_us - to_us(now) > to_us(kCeilingStep);
}

bool HybridClock::ready(WallTime now) const { return ready(now, wait_until_us_); }

Version HybridClock::next(WallTime now) {
  wait_until_us_ = 0;
  if (follows_back_) last_us_ = std::min(last_us_, to_us(now) - 1);
  const std::int64_t lowest_us = std::max(to_us(now), follows_back_ ? 0 : floor_us_ + 1);
  if (lowest_us > last_us_) {
    last_us_ = lowest_us;
    counter_ = 0;
  } else if (++counter_ == UINT32_MAX) {
    ++last_us_;
    counter_ = 0;
  }
  if (last_us_ > ceiling_us_) {
    ceiling_us_ = last_us_ + to_us(kCeilingStep);
    store_.set_number(kCeiling, ceiling_us_);
    raised_ = true;
  }
  // Never above what a restart will skip, nor below what one skipped.
  CHECK(last_us_ <= ceiling_us_ && (follows_back_ || last_us_ > floor_us_));
  return {last_us_, counter_, self_, incarnation_};
}

void HybridClock::observe(const Version& version) {
  if (version.clock_us > last_us_) {
    last_us_ = version.clock_us;
    counter_ = version.counter;
  } else if (version.clock_us == last_us_) {
    counter_ = std::max(counter_, version.counter);
  }
}

void HybridClock::observe_clock(std::int64_t clock_us) {
  if (clock_us <= last_us_) return;
  last_us_ = clock_us;
  counter_ = 0;
}

bool HybridClock::take_raised() {
  const bool raised = raised_;
  raised_ = false;
  return raised;
}

}  // namespace holdfast::node
