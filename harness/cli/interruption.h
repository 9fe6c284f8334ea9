// Ctrl-C, and SIGTERM: once, and what goes on is asked to end in good order; twice, and the program
// ends at once (its children with it).
#pragma once

#include <functional>
#include <string_view>

namespace holdfast::harness {

// While it lives, the first signal prints `text`, a literal, and calls `first`, which must be safe
// in a signal handler. One at a time.
class Interruption {
 public:
  Interruption(std::string_view text, std::function<void()> first);
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
};

}  // namespace holdfast::harness
