// The history in Jepsen's binary stores: test.jepsen (since 0.2.7) and test.fressian (before), read
// into a trace.
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "checkers/formats/event_intake.h"
#include "node/base/result.h"

namespace holdfast::checkers {

// Whether a file that begins so is such a store. (A test.fressian is a map without any header.)
bool is_jepsen_store(std::string_view head);

struct JepsenHistory {
  bool has_pairs = false;  // its values are [key value]: such pairs are a type of their own
  bool complete = true;    // false: the run was killed
  bool stopped = false;    // from outside, before the end
  std::vector<std::string> warnings;  // what was tolerated
};

// Gives the history's events to the builder, by the intake; `bytes` is the whole file. An error
// says at which byte what was expected. `stop`, if there is one, ends the reading from outside.
Result<JepsenHistory> read_jepsen_store(std::string_view bytes, const std::atomic<bool>* stop,
                                        TraceBuilder& builder, EventIntake& intake);

}  // namespace holdfast::checkers
