// Notices cuts of links that cut nothing: both nodes lived all the while, the cut was long enough
// for a heartbeat, and yet no packet came that way to be dropped.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "node/base/ids.h"
#include "node/base/time.h"

namespace holdfast::harness {

class CutWatch {
 public:
  // Times are real ones, in nanoseconds. Nodes send each other something within `interval`.
  explicit CutWatch(Duration interval) : least_ns_(to_us(interval) * 1000) {}

  // A direction is cut now; so many packets have been dropped there before.
  void begin(NodeId from, NodeId to, std::int64_t now_ns, std::uint64_t dropped);
  // It is whole again. Returns what was wrong, in words. Nothing if it was not cut.
  std::optional<std::string> end(NodeId from, NodeId to, std::int64_t now_ns,
                                 std::uint64_t dropped);
  bool is_cut(NodeId from, NodeId to) const { return cuts_.contains({from, to}); }
  // The node does not live, or begins to: cuts of its links need not have dropped anything.
  void disturb(NodeId node);

 private:
  struct Cut {
    std::int64_t since_ns;
    std::uint64_t dropped;
    bool disturbed = false;
  };

  std::int64_t least_ns_;
  std::map<std::pair<NodeId, NodeId>, Cut> cuts_;  // by from, to
};

}  // namespace holdfast::harness
