// The hybrid logical clock that gives versions (Kulkarni et al. 2014): never below the wall clock,
// never below anything seen, and, through a ceiling on disk, never below anything given before a
// crash.
#pragma once

#include <cstdint>

#include "node/base/ids.h"
#include "node/base/time.h"
#include "node/base/version.h"
#include "node/storage/store.h"

namespace holdfast::node {

class HybridClock {
 public:
  // The ceiling runs this far ahead of the versions given. A restarted node waits until its wall
  // clock has passed the ceiling (ready()), so that its versions are not ahead of its peers'.
  static constexpr Duration kCeilingStep = std::chrono::milliseconds(500);

  HybridClock(Store& store, NodeId self, std::uint32_t incarnation, WallTime now);
  // A planted bug: versions follow the wall clock back.
  void follow_the_wall_back() { follows_back_ = true; }

  // Whether the wall clock has passed the ceiling found at start, or is so far behind it that it
  // must have been set back, in which case waiting would be no use.
  bool ready(WallTime now) const;

  // A version above all given and seen. If the ceiling had to be raised, it is in the store's open
  // transaction, and take_raised() says so: nothing may leave the node before an fsync.
  Version next(WallTime now);
  void observe(const Version& version);
  void observe_clock(std::int64_t clock_us);
  // The highest given or seen since the start. Not the ceiling, which may lie ahead of all wall
  // clocks: peers that adopted it would give versions ahead of those of nodes that did not.
  std::int64_t highest_us() const { return last_us_; }

  // Whether the ceiling was raised since the last call.
  bool take_raised();

 private:
  static bool ready(WallTime now, std::int64_t until_us);

  Store& store_;
  NodeId self_;
  std::uint32_t incarnation_;
  std::int64_t last_us_ = 0;
  std::uint32_t counter_ = 0;
  std::int64_t floor_us_ = 0;  // the ceiling found at start: versions are above it
  std::int64_t ceiling_us_ = 0;
  std::int64_t wait_until_us_ = 0;
  bool raised_ = false;
  bool follows_back_ = false;
};

}  // namespace holdfast::node
