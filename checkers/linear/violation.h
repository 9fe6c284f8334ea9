// Why a history is not linearizable, in a form that a person can follow.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace holdfast::checkers {

struct Violation {
  // stale-read, lost-update, future-read, phantom-value, failed-write-seen, conflict, cycle,
  // order, split-set, lost-element, search
  std::string kind;
  std::string text;                    // one or two sentences
  std::vector<std::uint32_t> ops;      // the operations concerned: positions in trace.ops
  std::string agreed;                  // the last state that every explanation agreed on
  std::vector<std::string> dead_ends;  // why each continuation fails
  // A sub-history that is itself not linearizable: no read can be left out, and no write that
  // nobody in it observes. Its being invalid makes the whole invalid.
  std::vector<std::uint32_t> smallest;
  std::int64_t at = 0;  // the point at which the violation is complete
};

}  // namespace holdfast::checkers
