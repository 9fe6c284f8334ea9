// How far a host's clock is from this machine's, and how sure that is (Cristian's algorithm: the
// host's clock was read at some moment between question and answer).
#pragma once

#include <functional>
#include <vector>

#include "harness/ssh/host_connection.h"
#include "node/base/result.h"
#include "node/base/time.h"

namespace holdfast::harness {

struct ClockDifference {
  Duration offset{0};       // of the host's clock: positive if it is ahead
  Duration uncertainty{0};  // the true offset is at most so far from that
};

// Of several questions, by the one that was answered fastest.
Result<ClockDifference> measure_clock(HostConnection& connection);

// The same, for tests: `ask` reads the other clock, `now` this one.
Result<ClockDifference> measure_clock(const std::function<Result<WallTime>()>& ask,
                                      const std::function<WallTime()>& now);

// At most how far two clocks are apart that are each at most so far from the right time.
Duration largest_difference(std::vector<Duration> errors);

// "+0.213 ms ± 0.080 ms".
std::string to_string(const ClockDifference& difference);

}  // namespace holdfast::harness
