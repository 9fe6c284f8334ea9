#include "harness/drain.h"

#include <algorithm>

#include "checkers/text.h"

namespace holdfast::harness {
namespace {

constexpr Duration kLeast = std::chrono::hours(1);  // of time to drain, where the test sets none
// What a stream had to repeat on a lossy link holds up what follows, after the fault too.
constexpr Duration kStreamBacklog = std::chrono::seconds(60);

std::string gave_up_text(const std::string& waits_for, Duration most, Duration bound) {
  const auto length = [](Duration span) { return checkers::duration_text(to_us(span) * 1000); };
  std::string text = "after " + length(most) + " the drain gave up waiting for " + waits_for;
  if (most >= 2 * bound) return text;
  return text + "; backlog and throttles may need " + length(2 * bound) +
         ", but phases.drain_most_ms allows no more";
}

}  // namespace

std::optional<Drain> drain(Settling& settling, const TestFile& test) {
  auto backlog = settling.backlog();
  if (!backlog) return std::nullopt;
  backlog->round_trip += 2 * (test.network.delay + test.network.jitter);
  Drain drain;
  drain.bound = convergence_bound(test.config, *backlog);
  if (test.network.streams) drain.bound += kStreamBacklog;
  // Beyond the bound too: how late hints come is worth knowing.
  const Duration most = test.phases.drain_most.count() > 0 ? test.phases.drain_most
                                                           : std::max(kLeast, 2 * drain.bound);
  drain.ended = settling.wait_until_drained(most);
  if (drain.ended) return drain;
  const std::string waits_for =
      settling.gave_up().empty() ? "the nodes' first answers" : settling.gave_up();
  const bool interrupted = settling.interrupted();
  if (!interrupted) drain.note = gave_up_text(waits_for, most, drain.bound);
  drain.overdue = !interrupted && most >= 2 * drain.bound;
  if (!drain.overdue) drain.waits_for = waits_for;
  return drain;
}

}  // namespace holdfast::harness
