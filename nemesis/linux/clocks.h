// The harness's side of the clock page: shared memory that the nodes map, read-only, to learn what
// their wall clocks show.
#pragma once

#include <utility>

#include "nemesis/linux/shared_memory.h"
#include "node/base/clock_page.h"
#include "node/base/result.h"
#include "node/base/time.h"

namespace holdfast::nemesis {

class Clocks {
 public:
  // Every clock shows the machine's time. Nothing of it has a name that could be left behind.
  static Result<Clocks> make();

  // For a child to inherit, which maps sizeof(ClockPage) of it with PROT_READ and MAP_SHARED.
  int fd() const { return memory_.fd(); }

  // For all nodes at once.
  void pass(Duration span) { page_->pass(span); }
  void set(NodeId node, Duration offset, std::int32_t drift_ppm);
  // How far a node's clock is from the true one now.
  Duration offset(NodeId node) const;

 private:
  Clocks(SharedMemory memory, ClockPage* page) : memory_(std::move(memory)), page_(page) {}

  SharedMemory memory_;
  ClockPage* page_;
};

}  // namespace holdfast::nemesis
