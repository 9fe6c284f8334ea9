// The node as holder: which hints it accepts, how old they are, when they expire.
//
// Ages are measured on the *age clock*: it follows the wall clock forward, never back, and is
// kept in the store, so that a hint's age survives restarts and never decreases.
//
// A destination's *outage* begins when the failure detector reports it down, or with the first
// hint for it, and ends only when it is up and nothing waits for it; its start is on disk. So
// neither a flapping destination nor a restarted holder gets a new window (CASSANDRA-14309), and
// one that came back and was served does (CASSANDRA-19495). Window and caps refuse a hint before
// it is acknowledged, never later.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "node/core/context.h"

namespace holdfast::node {

class Hints {
 public:
  explicit Hints(Context& context);

  // Stores a hint unless a limit says no. With HintRefusal::none it is in the open transaction.
  HintRefusal store(NodeId destination, std::string_view key, const Row& row,
                    bool ignore_window = false);
  // The hint with the highest version that this node holds of `key`.
  std::optional<Hint> newest_of(std::string_view key);

  void destination_down(NodeId destination);
  // Moves the age clock, ends outages that are over, expires old hints. Cheap when nothing is due.
  void tick();

  bool window_open(NodeId destination) const;
  Duration age_clock() {
    advance_age_clock();
    return age_clock_;
  }
  // Expires old hints for a destination, not all at once. False if more of them may be due.
  bool expire(NodeId destination);
  // Gives up all pending hints for a destination, by an operator's word. Returns how many.
  std::uint64_t drop_all(NodeId destination);

  bool accepting = true;

  // Whether a hint was stored since the last call that perhaps no reply will force to the disk: one
  // for a late replica, after the client had its answer.
  bool take_unforced() { return std::exchange(unforced_, false); }

 private:
  bool unforced_ = false;
  HintRefusal limit_reached(NodeId destination, std::uint64_t bytes, bool ignore_window) const;
  void add(NodeId destination, std::string_view key, const Row& row);
  void begin_outage(NodeId destination);
  void end_outages();
  void advance_age_clock();
  void persist_age_clock();

  Context& context_;
  Duration expired_at_{0};  // of a planted bug
  Duration age_clock_{0};
  WallTime last_wall_;
  Duration persisted_at_{0};
  std::vector<std::optional<Duration>> outages_;  // on the age clock, by destination
  std::uint32_t open_outages_ = 0;
  SteadyTime started_;
  std::vector<Hint> unwritten_;  // of a planted bug
};

}  // namespace holdfast::node
