#include "checkers/final_state.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "node/base/random.h"

namespace holdfast::checkers {
namespace {

RowState row(std::int64_t value, std::int64_t clock_us) {
  RowState row;
  row.value = value;
  row.version = {clock_us, 0, 1, 2};
  row.id = {1, static_cast<std::uint64_t>(value)};
  return row;
}

TEST(FinalState, HoldsRowsHintsAndOwners) {
  FinalState state(5);
  const std::vector<NodeId> owners = {2, 0, 4};
  state.set_owners(7, owners);
  state.mark_dumped(0);
  state.add_row(0, 7, row(1, 10));
  state.add_row(2, 7, row(1, 10));
  state.add_row(2, 7, row(2, 20));
  state.add_hint(3, 4, 7, row(2, 20));
  EXPECT_EQ(state.row(0, 7)->value, 1);
  EXPECT_EQ(state.row(2, 7)->value, 2);
  EXPECT_EQ(state.row(4, 7), nullptr);
  EXPECT_EQ(state.row(0, 6), nullptr);
  EXPECT_EQ(state.row(0, 8), nullptr);
  EXPECT_TRUE(state.is_dumped(0));
  EXPECT_FALSE(state.is_dumped(1));
  EXPECT_FALSE(state.all_dumped());
  EXPECT_TRUE(state.any_dumped());
  ASSERT_EQ(state.owners(7).size(), 3u);
  EXPECT_EQ(state.owners(7)[0], 2);
  EXPECT_TRUE(state.owners(6).empty());
  EXPECT_TRUE(state.owners(100).empty());
  EXPECT_EQ(state.mutations().size(), 2u) << "equal rows are kept once";
  ASSERT_EQ(state.hints().size(), 1u);
  EXPECT_EQ(state.mutations()[state.hints()[0].mutation].row.value, 2);
}

TEST(FinalState, AMillionKeysOnThreeReplicasStaySmall) {
  constexpr KeyId kKeys = 1'000'000;
  FinalState state(5);
  for (KeyId key = 0; key < kKeys; ++key) {
    const std::vector<NodeId> owners = {static_cast<NodeId>(key % 5),
                                        static_cast<NodeId>((key + 1) % 5),
                                        static_cast<NodeId>((key + 2) % 5)};
    state.set_owners(key, owners);
    for (const NodeId node : owners) state.add_row(node, key, row(key, key + 1));
  }
  EXPECT_LE(state.bytes() / (3 * kKeys), 40u);
}

TEST(FinalState, ReadsWhatItWrites) {
  Random random(3);
  Keys keys;
  FinalState state(4);
  state.set_time(123456789);
  state.mark_dumped(0);
  state.mark_dumped(3);
  for (KeyId key = 0; key < 1200; ++key) {
    keys.intern("key \"" + std::to_string(key) + "\"");
    if (key % 10 != 0) {
      const std::vector<NodeId> owners = {static_cast<NodeId>(key % 4),
                                          static_cast<NodeId>((key + 1) % 4)};
      state.set_owners(key, owners);
    }
    for (NodeId node = 0; node < 4; ++node) {
      if (random.chance(1, 3)) continue;
      RowState one = row(static_cast<std::int64_t>(random.below(3)), 1 + key);
      one.deleted = random.chance(1, 5);
      if (one.deleted) one.value = kNil;
      if (!one.deleted && random.chance(1, 9)) one.value = kForeignValue;
      state.add_row(node, key, one);
      if (random.chance(1, 4)) state.add_hint(node, (node + 1) % 4, key, one);
    }
  }
  NodeStatus status;
  status.node = 2;
  status.at_ns = 77;
  status.store = 0xffffffffffffffff;
  status.created = 9;
  status.delivered = 1;
  status.expired = 2;
  status.dropped = 3;
  status.quarantined = 1;
  status.pending = 2;
  status.refused_window = 4;
  status.refused_other = 5;
  status.queues.push_back({1, 2, 300, std::chrono::seconds(4)});
  state.add_status(status);

  const std::string path = testing::TempDir() + "final_state_test.jsonl";
  ASSERT_TRUE(write_final_state(path, state, keys));
  Keys read_keys;
  for (KeyId key = 0; key < keys.size(); ++key) read_keys.intern(keys.name(key));
  const auto read = read_final_state(path, read_keys);
  ASSERT_TRUE(read) << read.error().message;
  std::filesystem::remove(path);
  EXPECT_EQ(read_keys.size(), keys.size());
  EXPECT_EQ(read->at_ns(), 123456789);
  EXPECT_EQ(read->nodes(), 4);
  for (NodeId node = 0; node < 4; ++node) {
    EXPECT_EQ(read->is_dumped(node), state.is_dumped(node));
    for (KeyId key = 0; key < keys.size(); ++key) {
      const RowState* a = state.row(node, key);
      const RowState* b = read->row(node, key);
      ASSERT_EQ(a == nullptr, b == nullptr);
      if (a != nullptr) {
        EXPECT_EQ(*a, *b);
      }
      const auto owners_a = state.owners(key), owners_b = read->owners(key);
      EXPECT_TRUE(std::equal(owners_a.begin(), owners_a.end(), owners_b.begin(), owners_b.end()));
    }
  }
  ASSERT_EQ(read->hints().size(), state.hints().size());
  ASSERT_EQ(read->statuses().size(), 1u);
  const NodeStatus& again = read->statuses()[0];
  EXPECT_EQ(std::tuple(again.node, again.at_ns, again.store, again.created, again.pending),
            std::tuple(status.node, status.at_ns, status.store, status.created, status.pending));
  EXPECT_EQ(
      std::tuple(again.refused_window, again.refused_other, again.expired, again.dropped),
      std::tuple(status.refused_window, status.refused_other, status.expired, status.dropped));
  ASSERT_EQ(again.queues.size(), 1u);
  EXPECT_EQ(again.queues[0].oldest_age, std::chrono::seconds(4));
}

TEST(FinalState, ADamagedLineNamesItsPlace) {
  const auto error = [](std::string_view text) {
    Keys keys;
    const auto state = parse_final_state(text, "f", keys);
    return state ? "none" : state.error().message;
  };
  const std::string start = R"({"type":"final","time":1,"nodes":2,"dumped":["n1"]})"
                            "\n";
  EXPECT_EQ(error(""), "f:1:1: expected a line of type final");
  EXPECT_EQ(error(start), "none");
  EXPECT_EQ(error(start + R"({"type":"row","node":"n3"})"),
            "f:2:22: expected one of the run's nodes");
  EXPECT_EQ(error(start + R"({"type":"row","node":"n1","key":"a","value":1})"),
            "f:2:1: expected a version");
  EXPECT_EQ(
      error(start + R"({"type":"rows","node":"n1","key":"a","value":1,"version":"1.0.n1.1"})"),
      "f:2:1: expected the type owners, row, hint or status");
}

// A paused node answers late what it was asked before, and then at once what it is asked next.
TEST(FinalState, StatusesThatOverlapHaveNoOrder) {
  FinalState state(2);
  const auto add = [&](NodeId node, std::int64_t asked_ns, std::int64_t at_ns) {
    state.add_status({.node = node, .asked_ns = asked_ns, .at_ns = at_ns});
  };
  add(0, 10, 20);
  add(0, 50, 60);
  add(0, 30, 61);  // left out
  add(1, 30, 70);
  add(0, 60, 80);
  std::vector<std::int64_t> asked;
  for (const NodeStatus* status : state.statuses_in_order()) asked.push_back(status->asked_ns);
  EXPECT_EQ(asked, (std::vector<std::int64_t>{10, 30, 50, 60}));
}

}  // namespace
}  // namespace holdfast::checkers
