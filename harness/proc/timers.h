// Actions to run at points in time, in order of time and then of arrival. Knows no clock: whoever
// drives it says what time it is.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace holdfast::harness {

class Timers {
 public:
  void add(std::int64_t at_ns, std::function<void()> action);
  // When the next action is due; nothing if there is none.
  std::optional<std::int64_t> next_ns() const;
  // Runs the first action that is due at `now_ns`; false if none is.
  bool run_one(std::int64_t now_ns);

 private:
  struct Entry {
    std::int64_t at_ns;
    std::uint64_t order;
    std::function<void()> action;
  };
  static bool later(const Entry& a, const Entry& b);

  std::vector<Entry> heap_;  // the earliest in front
  std::uint64_t added_ = 0;
};

}  // namespace holdfast::harness
