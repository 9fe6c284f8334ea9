#include "harness/sim/event_queue.h"

#include <gtest/gtest.h>

#include <map>

#include "node/base/random.h"

namespace holdfast::harness {
namespace {

SimEvent numbered(std::uint64_t number) {
  return SimEvent{.kind = SimEventKind::timer, .number = number};
}

TEST(EventQueue, GivesTheEarliestEventFirst) {
  EventQueue queue;
  queue.push(30, numbered(3));
  queue.push(10, numbered(1));
  queue.push(20, numbered(2));
  EXPECT_EQ(queue.next_time(), 10);
  EXPECT_EQ(queue.pop().number, 1u);
  EXPECT_EQ(queue.pop().number, 2u);
  EXPECT_EQ(queue.pop().number, 3u);
  EXPECT_TRUE(queue.empty());
}

TEST(EventQueue, KeepsTheOrderOfSchedulingAtOneInstant) {
  EventQueue queue;
  for (std::uint64_t i = 0; i < 1000; ++i) queue.push(5, numbered(i));
  for (std::uint64_t i = 0; i < 1000; ++i) EXPECT_EQ(queue.pop().number, i);
}

TEST(EventQueue, AgreesWithASortedMapWhenPushesAndPopsMix) {
  EventQueue queue;
  std::multimap<SimTime, std::uint64_t> model;  // equal keys keep the order of insertion
  Random random(1);
  for (std::uint64_t i = 0; i < 50'000; ++i) {
    if (model.empty() || random.chance(11, 20)) {
      const auto at = static_cast<SimTime>(random.below(1000));
      queue.push(at, numbered(i));
      model.emplace(at, i);
    } else {
      ASSERT_EQ(queue.next_time(), model.begin()->first);
      ASSERT_EQ(queue.pop().number, model.begin()->second);
      model.erase(model.begin());
    }
    ASSERT_EQ(queue.size(), model.size());
  }
}

TEST(EventQueue, FindsTheWaitingEventsOfOneKindAndNodeInOrder) {
  EventQueue queue;
  queue.push(30, {.kind = SimEventKind::message, .node = 1, .number = 3});
  queue.push(10, {.kind = SimEventKind::message, .node = 1, .number = 1});
  queue.push(20, {.kind = SimEventKind::message, .node = 2, .number = 2});
  queue.push(20, {.kind = SimEventKind::wakeup, .node = 1, .number = 4});
  const std::vector<SimEvent> found = queue.find(SimEventKind::message, 1);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].number, 1u);
  EXPECT_EQ(found[1].number, 3u);
  EXPECT_EQ(queue.size(), 4u);
}

TEST(Slab, ReusesSlotsAndNeverMovesAnObject) {
  Slab<std::string> slab;
  const std::uint32_t first = slab.add("first");
  const std::string* place = &slab[first];
  for (int i = 0; i < 1000; ++i) slab.add(std::to_string(i));
  EXPECT_EQ(place, &slab[first]);
  EXPECT_EQ(*place, "first");
  EXPECT_EQ(slab.used(), 1001u);
  slab.release(first);
  EXPECT_EQ(slab.add("again"), first);
}

}  // namespace
}  // namespace holdfast::harness
