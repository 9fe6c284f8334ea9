#include "harness/hints_over_time.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace holdfast::harness {
namespace {

constexpr std::int64_t kMs = 1'000'000;

PromiseInputs::NodeEvent event(std::int64_t at_ms, node::EventKind kind) {
  node::Event event;
  event.kind = kind;
  return {at_ms * kMs, event};
}

checkers::NodeStatus status(NodeId node, std::int64_t at_ms, std::uint64_t pending) {
  checkers::NodeStatus status;
  status.node = node;
  status.asked_ns = at_ms * kMs;
  status.at_ns = at_ms * kMs;
  status.pending = pending;
  return status;
}

std::vector<std::pair<std::int64_t, std::uint64_t>> shown(
    const EventLogs& events, const std::vector<checkers::NodeStatus>& statuses) {
  std::vector<std::pair<std::int64_t, std::uint64_t>> pairs;
  for (const auto& sample : hints_over_time(events, statuses)) {
    pairs.emplace_back(sample.at_ns / kMs, sample.pending);
  }
  return pairs;
}

using Pairs = std::vector<std::pair<std::int64_t, std::uint64_t>>;
using Kind = node::EventKind;

TEST(HintsOverTime, CountsEveryChangeOfEveryNode) {
  const EventLogs events = {
      {event(0, Kind::started), event(7, Kind::hint_stored), event(60, Kind::hint_delivered)},
      {event(0, Kind::started), event(9, Kind::hint_stored), event(9, Kind::hint_stored),
       event(20, Kind::hint_expired), event(30, Kind::hint_dropped)}};
  EXPECT_EQ(shown(events, {}), (Pairs{{0, 0}, {7, 1}, {9, 3}, {20, 2}, {30, 1}, {60, 0}}));
}

// A hint that no sync had made durable is gone with the power, and no event says so.
TEST(HintsOverTime, AStatusPutsRightWhatAStoreForgot) {
  const EventLogs events = {{event(0, Kind::started), event(5, Kind::hint_stored),
                             event(6, Kind::hint_stored), event(50, Kind::started),
                             event(70, Kind::hint_stored), event(90, Kind::hint_delivered)}};
  EXPECT_EQ(shown(events, {status(0, 10, 2), status(0, 60, 1), status(0, 100, 1)}),
            (Pairs{{0, 0}, {5, 1}, {6, 2}, {50, 1}, {70, 2}, {90, 1}}));
}

TEST(HintsOverTime, WithoutEventsThereIsNothingToShow) {
  EXPECT_TRUE(hints_over_time({{}, {}}, std::vector{status(0, 10, 2)}).empty());
}

TEST(HintsOverTime, OfManyThoseWithMostAreKept) {
  EventLogs events(1);
  for (int i = 0; i < 5000; ++i) {
    events[0].push_back(event(2 * i + 1, i < 2500 ? Kind::hint_stored : Kind::hint_delivered));
  }
  const Pairs pairs = shown(events, {});
  EXPECT_LE(pairs.size(), 1001u);
  EXPECT_EQ(std::ranges::max(pairs, {}, &Pairs::value_type::second).second, 2500u);
  EXPECT_EQ(pairs.back().second, 0u);
}

}  // namespace
}  // namespace holdfast::harness
