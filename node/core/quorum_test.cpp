#include "node/core/quorum.h"

#include <gtest/gtest.h>

namespace holdfast::node {
namespace {

constexpr Ack home(NodeId node) { return {node, Role::home, kNoNode}; }
constexpr Ack hint(NodeId node, NodeId destination) { return {node, Role::hint, destination}; }

Quorum with(const QuorumRule& rule, std::initializer_list<Ack> acks) {
  Quorum quorum(rule);
  for (const Ack& ack : acks) quorum.add(ack);
  return quorum;
}

TEST(Quorum, StrictCountsHomeReplicasOnly) {
  const QuorumRule rule{QuorumKind::strict, 2, 0, true};
  EXPECT_FALSE(with(rule, {home(0), hint(3, 1), hint(4, 2)}).met());
  EXPECT_TRUE(with(rule, {home(0), home(1)}).met());
}

TEST(Quorum, SloppyCountsHolders) {
  const QuorumRule rule{QuorumKind::sloppy, 2, 0, true};
  EXPECT_TRUE(with(rule, {home(0), hint(3, 1)}).met());
  EXPECT_TRUE(with(rule, {hint(3, 1), hint(4, 2)}).met());
  EXPECT_FALSE(with({QuorumKind::sloppy, 2, 0, false}, {home(0), hint(3, 1)}).met());
}

TEST(Quorum, PwNeedsHomeReplicas) {
  const QuorumRule rule{QuorumKind::sloppy, 2, 1, true};
  EXPECT_FALSE(with(rule, {hint(3, 1), hint(4, 2)}).met());
  EXPECT_TRUE(with(rule, {home(0), hint(4, 2)}).met());
}

// riak's node_confirms: W=2 must be two machines.
TEST(Quorum, OneNodeInTwoRolesIsOneNode) {
  const QuorumRule rule{QuorumKind::sloppy, 2, 0, true};
  EXPECT_FALSE(with(rule, {hint(3, 1), hint(3, 2)}).met());
  EXPECT_FALSE(with(rule, {home(0), hint(0, 1)}).met());
  EXPECT_EQ(with(rule, {home(0), hint(0, 1), hint(3, 2)}).hints(), 1u);
}

TEST(Quorum, SameAcknowledgementTwiceIsOne) {
  const Quorum quorum = with({QuorumKind::strict, 2, 0, true}, {home(0), home(0)});
  EXPECT_FALSE(quorum.met());
  EXPECT_EQ(quorum.acks().size(), 1u);
}

}  // namespace
}  // namespace holdfast::node
