// The clock page: memory that a harness and its real nodes map, and by which the harness says what
// each node's wall clock shows. Steady time is the machine's; the page moves wall time alone, so
// that hours can pass between two heartbeats and a clock can be wrong.
//
// This is the layout and its arithmetic only; whoever maps it does so with their own system calls.
// One writer (the harness), any number of readers in other processes. A reader never waits for the
// writer: a harness that dies half-way through a change leaves the previous setting in force.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "node/base/ids.h"
#include "node/base/time.h"

namespace holdfast {

class ClockPage {
 public:
  static constexpr NodeId kNodes = 256;  // one page holds the clocks of nodes below this

  // The writer's side. Memory full of zeros is a page that is not valid yet.

  // From here on, at `now`, every clock shows `now.wall`. Makes the page valid.
  void start(Time now) {
    origin_steady_us_ = to_us(now.steady);
    origin_wall_us_ = to_us(now.wall);
    magic_ = kMagic;
  }
  // Lets `span` pass on every wall clock, at once.
  void pass(Duration span) { passed_us_ += span.count(); }
  // From `now` on the node's clock shows the true wall time plus `offset`, and gains `drift_ppm`.
  void set(NodeId node, SteadyTime now, Duration offset, std::int32_t drift_ppm) {
    Clock& clock = clocks_[node];
    const std::uint64_t next = clock.generation + 1;
    Setting& setting = clock.settings[next % 2];  // nobody reads this one
    setting.offset_us = offset.count();
    setting.drift_ppm = drift_ppm;
    setting.drift_begin_us = to_us(true_wall(now));
    clock.generation = next;
  }

  // The readers' side. REQUIRES: is_valid(), node < kNodes.

  // False for foreign memory and for a page of another version of this layout.
  bool is_valid() const { return magic_ == kMagic; }
  // What a clock without a fault shows.
  WallTime true_wall(SteadyTime now) const {
    return WallTime(Duration(origin_wall_us_ + to_us(now) - origin_steady_us_ + passed_us_));
  }
  // What the node's clock shows. It may go back when a setting changes, as real ones do.
  WallTime wall(NodeId node, SteadyTime now) const { return true_wall(now) + offset(node, now); }
  // How far the node's clock is from the true one.
  Duration offset(NodeId node, SteadyTime now) const {
    const Clock& clock = clocks_[node];
    for (;;) {
      const std::uint64_t generation = clock.generation;
      const Setting& setting = clock.settings[generation % 2];
      const std::int64_t offset_us = setting.offset_us;
      const std::int64_t ppm = setting.drift_ppm;
      const std::int64_t begin_us = setting.drift_begin_us;
      // The writer touches this setting again only after it has published the next generation.
      if (clock.generation != generation) continue;
      const std::int64_t drifting_us = ppm == 0 ? 0 : to_us(true_wall(now)) - begin_us;
      return Duration(offset_us + drifting_us / 1'000'000 * ppm +
                      drifting_us % 1'000'000 * ppm / 1'000'000);
    }
  }

 private:
  using Number = std::atomic<std::int64_t>;
  static_assert(Number::is_always_lock_free, "shared between processes");

  static constexpr std::uint64_t kMagic = 0x3130'6b6c'6366'6800;  // layout 1

  struct Setting {
    Number offset_us;
    Number drift_ppm;
    Number drift_begin_us;  // true wall time
  };
  struct alignas(64) Clock {
    std::atomic<std::uint64_t> generation;
    std::array<Setting, 2> settings;  // [generation % 2] is in force
  };

  std::atomic<std::uint64_t> magic_;
  Number origin_steady_us_;
  Number origin_wall_us_;
  Number passed_us_;
  std::array<Clock, kNodes> clocks_;
};

}  // namespace holdfast
