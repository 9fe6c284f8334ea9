// What will happen, in the order of time; at one instant, in the order it was scheduled.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/sim/slab.h"
#include "node/base/ids.h"

namespace holdfast::harness {

// Simulated time: nanoseconds since the simulation began.
using SimTime = std::int64_t;

enum class SimEventKind : std::uint8_t {
  message,          // a message arrives at a node
  segment,          // bytes of a stream arrive at a node
  reply,            // a message arrives at a client
  wakeup,           // a node's next deadline
  service_end,      // a node is free to take its next messages
  sync_end,         // a node's disk has done what the node waited for
  reopen,           // a node opens its store again after a failure
  end_check,        // a node that was asked to end looks whether it may
  request_failed,   // a client learns that its connection is gone, or was never made
  request_timeout,  // a client gives up
  timer             // somebody's after()
};

// Plain data; what `slot` and `number` mean depends on the kind.
struct SimEvent {
  SimEventKind kind = SimEventKind::timer;
  NodeId node = kNoNode;
  std::uint32_t slot = 0;
  std::uint64_t number = 0;
};

class EventQueue {
 public:
  void push(SimTime at, const SimEvent& event);
  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }
  // REQUIRES: !empty().
  SimTime next_time() const { return heap_.front().at; }
  SimEvent pop();

  // The waiting events of one kind for one node, in order.
  std::vector<SimEvent> find(SimEventKind kind, NodeId node);

 private:
  // 16 bytes, so that a sift moves little: a sequence number of 40 bits above a slot of 24.
  struct Entry {
    SimTime at;
    std::uint64_t order;
  };
  static constexpr std::uint64_t kSlotMask = (1u << 24) - 1;
  static bool before(const Entry& a, const Entry& b) {
    return a.at != b.at ? a.at < b.at : a.order < b.order;
  }
  void sift_down(Entry entry);

  std::vector<Entry> heap_;  // each entry is before its four children, at 4 i + 1 .. 4 i + 4
  Slab<SimEvent> events_;
  std::uint64_t sequence_ = 0;
};

}  // namespace holdfast::harness
