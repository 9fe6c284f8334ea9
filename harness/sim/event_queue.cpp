#include "harness/sim/event_queue.h"

#include <algorithm>

namespace holdfast::harness {

void EventQueue::push(SimTime at, const SimEvent& event) {
  CHECK(sequence_ < (std::uint64_t{1} << 40));
  const std::uint32_t slot = events_.add(SimEvent(event));
  const Entry entry{at, sequence_++ << 24 | slot};
  std::size_t hole = heap_.size();
  heap_.push_back(entry);
  while (hole > 0) {
    const std::size_t parent = (hole - 1) / 4;
    if (!before(entry, heap_[parent])) break;
    heap_[hole] = heap_[parent];
    hole = parent;
  }
  heap_[hole] = entry;
}

SimEvent EventQueue::pop() {
  CHECK(!heap_.empty());
  const auto slot = static_cast<std::uint32_t>(heap_.front().order & kSlotMask);
  const SimEvent event = events_[slot];
  events_.release(slot);
  const Entry last = heap_.back();
  heap_.pop_back();
  if (!heap_.empty()) sift_down(last);
  return event;
}

// Puts `entry` where it belongs, from the root on, whose place is free.
void EventQueue::sift_down(Entry entry) {
  const std::size_t size = heap_.size();
  std::size_t hole = 0;
  for (;;) {
    const std::size_t first = 4 * hole + 1;
    if (first >= size) break;
    const std::size_t end = std::min(first + 4, size);
    std::size_t least = first;
    for (std::size_t child = first + 1; child < end; ++child) {
      if (before(heap_[child], heap_[least])) least = child;
    }
    if (!before(heap_[least], entry)) break;
    heap_[hole] = heap_[least];
    hole = least;
  }
  heap_[hole] = entry;
}

std::vector<SimEvent> EventQueue::find(SimEventKind kind, NodeId node) {
  std::vector<Entry> found;
  for (const Entry& entry : heap_) {
    const SimEvent& event = events_[static_cast<std::uint32_t>(entry.order & kSlotMask)];
    if (event.kind == kind && event.node == node) found.push_back(entry);
  }
  std::sort(found.begin(), found.end(), before);
  std::vector<SimEvent> events;
  for (const Entry& entry : found) {
    events.push_back(events_[static_cast<std::uint32_t>(entry.order & kSlotMask)]);
  }
  return events;
}

}  // namespace holdfast::harness
