#include "node/core/hints.h"

#include <algorithm>
#include <string>

#include "node/base/check.h"
#include "node/base/dcheck.h"

namespace holdfast::node {
namespace {

constexpr std::string_view kAgeClock = "age_clock_us";
constexpr std::string_view kAgeWall = "age_clock_wall_us";
// How far the age clock on disk may lie behind.
constexpr Duration kPersistEvery = std::chrono::minutes(1);
constexpr std::int64_t kNoOutage = -1;

std::string outage_name(NodeId destination) { return "outage_" + node_name(destination); }

}  // namespace

Hints::Hints(Context& context)
    : context_(context), last_wall_(context.now.wall), started_(context.now.steady) {
  Store& store = context.store;
  age_clock_ = Duration{store.number(kAgeClock).value_or(0)};
  const std::int64_t wall = store.number(kAgeWall).value_or(to_us(context.now.wall));
  age_clock_ += Duration{std::max<std::int64_t>(0, to_us(context.now.wall) - wall)};
  // The numbers on disk lag behind: no hint may be from the future.
  for (const auto& [destination, queue] : store.queues()) {
    age_clock_ = std::max(age_clock_, queue.newest_at_open);
  }
  if (context.config.has(Bug::age_restarts_with_the_holder)) age_clock_ = Duration{0};
  persisted_at_ = age_clock_;
  outages_.resize(context.ring.members());
  if (context.config.has(Bug::window_kept_in_memory)) return;
  for (NodeId node = 0; node < outages_.size(); ++node) {
    const std::int64_t start = store.number(outage_name(node)).value_or(kNoOutage);
    if (start == kNoOutage) continue;
    outages_[node] = Duration{start};
    ++open_outages_;
  }
}

HintRefusal Hints::store(NodeId destination, std::string_view key, const Row& row,
                         bool ignore_window) {
  advance_age_clock();
  const bool starting = context_.now.steady - started_ < std::chrono::seconds(5);
  if (starting && context_.config.has(Bug::hints_dropped_while_starting)) return HintRefusal::none;
  const HintRefusal refusal =
      limit_reached(destination, key.size() + row.value.size(), ignore_window);
  if (refusal != HintRefusal::none) {
    ++context_.counters.hints_refused[static_cast<std::size_t>(refusal)];
    context_.log(EventKind::hint_refused, destination, row, 0, static_cast<std::uint64_t>(refusal));
    return refusal;
  }
  begin_outage(destination);
  if (context_.config.has(Bug::hint_without_destination) &&
      !context_.store.hints_of_key(key).empty()) {
    return HintRefusal::none;
  }
  if (context_.config.has(Bug::hint_kept_in_memory)) {
    unwritten_.push_back({destination, 0, std::string(key), row, age_clock_});
    return HintRefusal::none;
  }
  add(destination, key, row);
  return HintRefusal::none;
}

void Hints::add(NodeId destination, std::string_view key, const Row& row) {
  CHECK(destination != context_.self() && destination < outages_.size());
  CHECK(row.version.is_set());
  const std::uint64_t sequence = context_.store.add_hint(destination, key, row, age_clock_);
  unforced_ = true;
  context_.log(EventKind::hint_stored, destination, row, sequence);
}

HintRefusal Hints::limit_reached(NodeId destination, std::uint64_t bytes,
                                 bool ignore_window) const {
  const Config& config = context_.config;
  if (!accepting) return HintRefusal::paused;
  if (!window_open(destination) && !ignore_window) return HintRefusal::window;
  HintQueue mine;
  HintQueue total;
  for (const auto& [node, queue] : context_.store.queues()) {
    if (node == destination) mine = queue;
    total.count += queue.count;
    total.bytes += queue.bytes;
  }
  const auto exceeds = [](std::uint64_t used, std::uint64_t more, std::uint64_t limit) {
    return limit != 0 && used + more > limit;
  };
  const bool too_many = exceeds(mine.count, 1, config.hint_max_count_per_destination) ||
                        exceeds(total.count, 1, config.hint_max_count);
  const bool too_large = !config.has(Bug::cap_ignores_bytes) &&
                         (exceeds(mine.bytes, bytes, config.hint_max_bytes_per_destination) ||
                          exceeds(total.bytes, bytes, config.hint_max_bytes));
  if (!too_many && !too_large) return HintRefusal::none;
  if (!config.has(Bug::cap_drops_the_oldest) || mine.count == 0) return HintRefusal::cap;
  context_.store.deliver_hint(destination,
                              context_.store.hints(destination, 0, 1, 1).front().sequence);
  return HintRefusal::none;
}

bool Hints::window_open(NodeId destination) const {
  const std::optional<Duration>& start = outages_[destination];
  return !start || age_clock_ - *start <= context_.config.hint_window;
}

std::optional<Hint> Hints::newest_of(std::string_view key) {
  std::optional<Hint> newest;
  for (Hint& hint : context_.store.hints_of_key(key)) {
    const bool older = newest && hint.row.version < newest->row.version;
    if (!newest || older == context_.config.has(Bug::fallback_reads_the_oldest_hint)) {
      newest = std::move(hint);
    }
  }
  return newest;
}

void Hints::destination_down(NodeId destination) {
  advance_age_clock();
  begin_outage(destination);
}

void Hints::begin_outage(NodeId destination) {
  if (outages_[destination]) return;
  outages_[destination] = age_clock_;
  ++open_outages_;
  CHECK(open_outages_ <= outages_.size());
  context_.store.set_number(outage_name(destination), to_us(age_clock_));
  persist_age_clock();
}

void Hints::end_outages() {
  if (context_.config.has(Bug::no_hints_for_a_second_outage)) return;
  for (NodeId node = 0; node < outages_.size(); ++node) {
    if (!outages_[node] || !context_.detector.is_up(node)) continue;
    const auto queue = context_.store.queues().find(node);
    const bool waits = queue != context_.store.queues().end() && queue->second.count > 0;
    if (waits && !context_.config.has(Bug::window_ends_with_a_glimpse)) continue;
    outages_[node].reset();
    CHECK(open_outages_ > 0);
    --open_outages_;
    context_.store.set_number(outage_name(node), kNoOutage);
  }
}

void Hints::tick() {
  advance_age_clock();
  for (const Hint& hint : unwritten_) add(hint.destination, hint.key, hint.row);
  unwritten_.clear();
  end_outages();
  constexpr int kPages = 20;
  for (NodeId node = 0; node < outages_.size(); ++node) {
    const auto queue = context_.store.queues().find(node);
    if (queue == context_.store.queues().end() || queue->second.count == 0) continue;
    for (int pages = 0; pages < kPages && !expire(node); ++pages) {
    }
  }
}

bool Hints::expire(NodeId destination) {
  constexpr std::size_t kAtOnce = 1000;
  constexpr std::size_t kBytesAtOnce = 4 * 1024 * 1024;
  advance_age_clock();
  // Hints are stored in the order of the age clock: the first young one ends the walk.
  const Duration oldest_kept = age_clock_ - context_.config.hint_max_age;
  if (context_.config.has(Bug::age_checked_once_a_minute)) {
    const bool due = age_clock_ - expired_at_ >= std::chrono::minutes(1);
    if (!due) return true;
    expired_at_ = age_clock_;
  }
  const auto first = context_.store.hints(destination, 0, 1, 1);
  if (first.empty() || first.front().stored_at >= oldest_kept) return true;
  for (const Hint& hint : context_.store.hints(destination, 0, kAtOnce, kBytesAtOnce)) {
    // The age clock never goes back, so no hint is from its future.
    DCHECK(hint.stored_at <= age_clock_ || context_.config.bugs.any());
    if (hint.stored_at >= oldest_kept) return true;
    const bool lie = context_.config.has(Bug::expired_counted_as_delivered);
    const bool ended = lie ? context_.store.deliver_hint(destination, hint.sequence)
                           : context_.store.expire_hint(destination, hint.sequence);
    if (!ended) continue;
    context_.log(EventKind::hint_expired, destination, hint.row, hint.sequence);
  }
  return false;
}

std::uint64_t Hints::drop_all(NodeId destination) {
  std::uint64_t dropped = 0;
  constexpr std::size_t kAtOnce = 1000;
  for (;;) {
    const std::vector<Hint> page = context_.store.hints(destination, 0, kAtOnce, SIZE_MAX);
    if (page.empty()) return dropped;
    for (const Hint& hint : page) {
      constexpr DropReason kReason = DropReason::operator_request;
      if (!context_.store.drop_hint(destination, hint.sequence, kReason)) return dropped;
      ++dropped;
      context_.log(EventKind::hint_dropped, destination, hint.row, hint.sequence,
                   static_cast<std::uint64_t>(kReason));
    }
  }
}

void Hints::advance_age_clock() {
  const Duration passed = context_.now.wall - last_wall_;
  last_wall_ = context_.now.wall;
  if (passed > Duration{0}) age_clock_ += passed;
  if (open_outages_ == 0) return;  // nothing is held, so no age is to be kept
  // After the wall clock was set back the two numbers on disk no longer belong together.
  if (age_clock_ - persisted_at_ >= kPersistEvery || passed < Duration{0}) persist_age_clock();
}

void Hints::persist_age_clock() {
  persisted_at_ = age_clock_;
  context_.store.set_number(kAgeClock, to_us(age_clock_));
  context_.store.set_number(kAgeWall, to_us(last_wall_));
}

}  // namespace holdfast::node
