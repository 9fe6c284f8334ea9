#include "harness/absence.h"

#include <gtest/gtest.h>

namespace holdfast::harness {
namespace {

constexpr std::int64_t kMs = 1'000'000;

// Five nodes, key 0 on n1, n2 and n3.
class AbsenceTest : public testing::Test {
 protected:
  AbsenceTest() : state(5), events(5) {
    history.keys.intern("k0");
    const NodeId owners[] = {0, 1, 2};
    state.set_owners(0, owners);
  }

  // By n4, at a time that is its version too.
  void write(std::int64_t at_ms, std::vector<NodeId> acknowledged) {
    checkers::Operation operation;
    operation.function = checkers::Function::write;
    operation.outcome = checkers::Outcome::ok;
    operation.invoked_ns = at_ms * kMs;
    operation.completed_ns = (at_ms + 1) * kMs;
    operation.node = 3;
    operation.id = {1, history.operations.size() + 1};
    operation.version.clock_us = at_ms * 1000;
    for (const NodeId node : acknowledged) operation.copies.add({node, kNoNode});
    history.operations.push_back(operation);
  }
  void event(NodeId node, std::int64_t at_ms, node::EventKind kind, std::size_t write) {
    node::Event event;
    event.kind = kind;
    event.detail = 1;
    event.id = history.operations[write].id;
    event.version = history.operations[write].version;
    events[node].push_back({at_ms * kMs, event});
  }
  void fault(checkers::FaultEffects effects, std::vector<NodeId> nodes, std::int64_t from_ms,
             std::int64_t to_ms, std::vector<checkers::Link> links = {}) {
    faults.push_back({"it", effects, from_ms * kMs, to_ms * kMs, nodes, links});
  }
  Absence measure() const {
    Absence absence;
    measure_absence(history, state, faults, events, absence);
    return absence;
  }

  static constexpr checkers::FaultEffects kDies = {.stop = checkers::FaultEffects::Stop::dies};
  static constexpr checkers::FaultEffects kCuts = {.traffic = checkers::FaultEffects::Traffic::cut};

  checkers::History history;
  checkers::FinalState state;
  std::vector<checkers::FaultRecord> faults;
  EventLogs events;
};

TEST_F(AbsenceTest, TellsWhatBroughtEachWriteAndWhen) {
  fault(kDies, {2}, 100, 1000);
  write(50, {0, 1, 2});
  write(200, {0, 1});
  write(300, {0, 1});
  write(400, {0, 1});
  write(500, {0, 1});
  write(3000, {0, 1, 2});
  event(2, 1200, node::EventKind::hint_received, 1);
  event(2, 2500, node::EventKind::row_repaired, 3);
  const Absence absence = measure();
  EXPECT_EQ(absence.writes.missed, 4u);
  EXPECT_EQ(absence.writes.by_hints, 1u);
  EXPECT_EQ(absence.writes.by_repair, 2u) << "a newer version brings the older one too";
  EXPECT_EQ(absence.writes.by_later_writes, 1u);
  EXPECT_EQ(absence.writes.still_missing(), 0u);
  ASSERT_EQ(absence.faults.size(), 1u);
  EXPECT_EQ(absence.faults[0].hints_after_ms, 200);
  EXPECT_EQ(absence.faults[0].equal_after_ms, 2001);
  EXPECT_EQ(absence.delivered_per_mille(), 250u);
}

// Of a later write, which the reply did not name it for, or of which nobody knows.
TEST_F(AbsenceTest, WhatAnOwnerShowsInTheEndHasCome) {
  fault(kDies, {2}, 100, 1000);
  write(200, {0, 1});
  write(300, {0, 1});
  write(1500, {0, 1});
  checkers::RowState row;
  row.version = history.operations[2].version;
  state.mark_dumped(2);
  state.add_row(2, 0, row);
  event(2, 1700, node::EventKind::hint_received, 0);
  events[2].back().event.detail = 0;
  const Absence absence = measure();
  EXPECT_EQ(absence.writes.by_later_writes, 2u);
  EXPECT_EQ(absence.writes.still_missing(), 0u);
}

TEST_F(AbsenceTest, WhatNeverCameHasNoTime) {
  fault(kDies, {2}, 100, 1000);
  write(200, {0, 1});
  write(300, {0, 1});
  event(2, 1200, node::EventKind::hint_received, 0);
  const Absence absence = measure();
  EXPECT_EQ(absence.writes.still_missing(), 1u);
  EXPECT_EQ(absence.faults[0].hints_after_ms, 200);
  EXPECT_FALSE(absence.faults[0].equal_after_ms.has_value());
}

TEST_F(AbsenceTest, APartitionKeepsAwayWhomTheCoordinatorDoesNotReach) {
  fault(kCuts, {0}, 100, 1000, {{3, 0}, {0, 3}});
  write(200, {1, 2});
  history.operations.back().node = 4;  // reaches n1
  write(300, {1, 2});
  EXPECT_EQ(measure().writes.missed, 1u);
}

TEST_F(AbsenceTest, APairIsMissedOnceWhateverKeptItAway) {
  fault(kDies, {2}, 100, 1000);
  fault(kCuts, {2}, 50, 2000, {{3, 2}});
  write(200, {0, 1});
  event(2, 2100, node::EventKind::hint_received, 0);
  const Absence absence = measure();
  EXPECT_EQ(absence.writes.missed, 1u);
  ASSERT_EQ(absence.faults.size(), 2u);
  EXPECT_EQ(absence.faults[0].hints_after_ms, 1100);
  EXPECT_EQ(absence.faults[1].hints_after_ms, 100);
}

// What was under way when the fault began or ended, what the owner took itself, and a restart,
// which is over at once.
TEST_F(AbsenceTest, NothingElseIsMissed) {
  fault(kDies, {2}, 100, 300);
  fault(kDies, {2}, 500, 500);
  write(99, {0, 1});
  write(200, {0, 1, 2});
  write(299, {0, 1});
  history.operations.back().completed_ns = 301 * kMs;
  write(500, {0, 1});
  EXPECT_EQ(measure().writes.missed, 0u);
}

}  // namespace
}  // namespace holdfast::harness
