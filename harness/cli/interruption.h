// Ctrl-C, and SIGTERM: once, and the run heals, stops and is judged; twice, and the program ends at
// once (its children with it).
#pragma once

#include <functional>

namespace holdfast::harness {

// While it lives, the first signal calls `first`, which must be safe in a signal handler. One at a
// time.
class Interruption {
 public:
  explicit Interruption(std::function<void()> first);
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
};

}  // namespace holdfast::harness
