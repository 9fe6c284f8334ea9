// available: which operations had to succeed.
#include <algorithm>

#include "harness/promises/promise_table.h"

namespace holdfast::harness {

using checkers::FaultRecord;
using checkers::Function;
using checkers::Operation;

namespace {

// A dropped connection is back.
constexpr Duration kReconnect = std::chrono::seconds(1);

}  // namespace

// Whether a node may rightly say that it has not started yet: at first, while a new store waits to
// hear from a majority, and while a clock that was set back waits for the time it promised.
bool PromiseTable::may_be_starting(NodeId node, std::int64_t first_ns, std::int64_t last_ns) const {
  if (first_ns < 0 || faults_.clock_difference_ns(first_ns, last_ns) > 0) return true;
  if (faults_.destroyer(node, 0, true) == nullptr) return false;
  std::uint32_t heard = 0;
  for (NodeId peer = 0; peer < inputs_.nodes; ++peer) {
    heard += peer != node && faults_.is_healthy(peer, first_ns, last_ns) &&
             faults_.is_link_healthy(node, peer, first_ns, last_ns);
  }
  return heard < inputs_.nodes / 2U;
}

// The pause from which the coordinator had just come back when it said that too few nodes were up,
// if it has to know better: its peers' silence while it slept itself proves nothing. After the
// pause it hears of them within a heartbeat, as it did before, and where connections were dropped,
// once they are back.
const FaultRecord* PromiseTable::slept_through(const Operation& failed) const {
  if (failed.error != ErrorCode::unavailable || failed.node == kNoNode) return nullptr;
  const Duration silence = 3 * config_.heartbeat_interval;
  if (config_.failure_timeout <= silence + kReconnect) return nullptr;
  const std::int64_t first_ns = failed.invoked_ns - to_ns(config_.failure_timeout);
  return faults_.pause_before(failed.node, first_ns, failed.invoked_ns);
}

// Whether so much may have been under way that a coordinator rightly refuses more: by what clients
// had really asked for.
bool PromiseTable::overloaded(const Operation& failed) const {
  constexpr std::uint64_t kBytesInFlight = 1 << 20;  // of values, from where on they may count
  const std::int64_t recent_ns = failed.invoked_ns - 2 * holder_deadlines_ns();
  std::uint64_t open = 0, recent_writes = 0;
  for (const Operation& other : history_.operations) {
    if (other.invoked_ns > failed.completed_ns) break;
    open += other.completed_ns >= failed.invoked_ns;
    recent_writes += other.is_write() && other.completed_ns >= recent_ns;
  }
  return open >= config_.requests_in_flight || recent_writes >= config_.requests_in_flight ||
         recent_writes * config_.n >= config_.hints_in_flight ||
         recent_writes * facts_.hint_bytes_most >= kBytesInFlight;
}

// available: its quorum was reachable, unpaused and without fault changes on the path, from its
// invocation minus the time that detection takes.
bool PromiseTable::available(const Operation& failed) const {
  switch (failed.error) {
    case ErrorCode::none:
    case ErrorCode::interrupted:
    case ErrorCode::invalid_request:
    case ErrorCode::unsupported:
      return false;
    case ErrorCode::overloaded:
      return !overloaded(failed);
    case ErrorCode::timeout:
    case ErrorCode::connection_lost:
    case ErrorCode::quorum_failed:
      if (!inputs_.virtual_time) return false;
      break;
    case ErrorCode::refused:
    case ErrorCode::unavailable:
    case ErrorCode::starting:
    case ErrorCode::storage_failed:
      break;
  }
  if (failed.node == kNoNode || failed.completed_ns == checkers::kNever_ns) return false;
  constexpr std::int64_t kBacklog_ns = 10'000'000'000;  // of a stream that had to repeat much
  const std::int64_t detection_ns =
      to_ns(config_.failure_timeout + 2 * config_.heartbeat_interval + kReconnect);
  // For those who slept, time stood still.
  const FaultRecord* const sleep = slept_through(failed);
  const std::int64_t slept_ns = sleep == nullptr ? 0 : sleep->until_ns - sleep->at_ns;
  const std::int64_t first_ns = failed.invoked_ns - detection_ns - slept_ns;
  if (failed.error == ErrorCode::starting &&
      may_be_starting(failed.node, first_ns, failed.completed_ns)) {
    return false;
  }
  const auto reaches = [&](NodeId node) {
    return faults_.is_healthy(node, first_ns, failed.completed_ns, sleep) &&
           faults_.is_link_healthy(failed.node, node, first_ns, failed.completed_ns, sleep) &&
           !faults_.was_lossy(failed.node, node, first_ns - kBacklog_ns, first_ns);
  };
  const auto is_away = [&](NodeId node) {
    // Over a lossy link the last that was heard may come late, and with it the detection.
    // Before the run began everybody was up: a fault at its very start is detected as late as any.
    return faults_.is_unheard(node, failed.node, first_ns, failed.completed_ns) &&
           !faults_.was_lossy(failed.node, node, first_ns - kBacklog_ns, failed.completed_ns);
  };
  if (!reaches(failed.node)) return false;
  const std::span<const NodeId> owners = state_.owners(failed.key);
  std::uint32_t homes = 0, away = 0, fallbacks = 0;
  bool any_doubtful = false;  // a node outside the owners that others may or may not take for up
  for (NodeId node = 0; node < inputs_.nodes; ++node) {
    if (std::find(owners.begin(), owners.end(), node) == owners.end()) {
      fallbacks += reaches(node);
      any_doubtful = any_doubtful || (!reaches(node) && !is_away(node));
    } else if (reaches(node)) {
      ++homes;
    } else {
      away += is_away(node);
    }
  }
  if (failed.function == Function::read) {
    // A reply that waits for the repair of a stale replica waits for that one.
    const bool repairs = config_.read_repair == node::ReadRepair::blocking;
    return homes >= (repairs ? owners.size() : std::max(config_.r, config_.pr));
  }
  // A fallback counts for a home replica that everybody knows to be away.
  const bool hints_count = config_.quorum != node::QuorumKind::strict && config_.hint_counts &&
                           config_.hint_holder == node::HintHolder::fallback && !any_doubtful &&
                           !window_had_passed(failed) && !refused_window_ && !may_refuse_hints();
  const std::uint32_t takers = homes + (hints_count ? std::min(away, fallbacks) : 0);
  return homes >= config_.pw && takers >= config_.w;
}

}  // namespace holdfast::harness
