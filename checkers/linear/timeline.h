// The calls and returns of one key's operations in order, and a slot for each while in flight.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace holdfast::checkers {

struct Timeline {
  static constexpr std::uint32_t kNone = 0xffffffff;

  struct Event {
    std::uint32_t op;
    bool is_return;
  };

  std::vector<Event> events;            // up to the last return: what follows constrains nothing
  std::vector<std::uint32_t> ret_rank;  // by op: the place of its return, or kNone
  std::vector<std::uint32_t> slot;      // by op: or kNone if it never returns
  std::uint32_t slots = 0;

  // ret kNever_ns: it never returns. At equal times calls come first: ties are concurrent.
  Timeline(std::span<const std::int64_t> calls, std::span<const std::int64_t> returns);
};

}  // namespace holdfast::checkers
