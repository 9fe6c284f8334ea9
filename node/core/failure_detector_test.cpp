#include "node/core/failure_detector.h"

#include <gtest/gtest.h>

namespace holdfast::node {
namespace {

using std::chrono::seconds;

SteadyTime at(int second) { return SteadyTime(seconds(second)); }

class FailureDetectorTest : public testing::Test {
 protected:
  // Ticks each second up to `end`; peers in `talking` are heard each second.
  std::vector<NodeId> run(int from, int end, const std::vector<NodeId>& talking) {
    std::vector<NodeId> down;
    for (int second = from; second <= end; ++second) {
      for (const NodeId peer : talking) detector.heard(peer, at(second));
      detector.tick(at(second), down);
    }
    return down;
  }

  FailureDetector detector{3, 0, seconds(1), seconds(4), at(0)};
};

TEST_F(FailureDetectorTest, EveryoneIsUpAtFirst) {
  EXPECT_TRUE(detector.is_up(0));
  EXPECT_TRUE(detector.is_up(1));
  EXPECT_TRUE(run(1, 3, {}).empty());
}

TEST_F(FailureDetectorTest, SilentPeerGoesDownOnceAndComesUpWhenHeard) {
  EXPECT_EQ(run(1, 10, {1}), std::vector<NodeId>{2});
  EXPECT_TRUE(detector.is_up(1));
  EXPECT_FALSE(detector.is_up(2));
  EXPECT_TRUE(detector.heard(2, at(11)));
  EXPECT_FALSE(detector.heard(2, at(11)));
  EXPECT_TRUE(detector.is_up(2));
}

// CASSANDRA-9183: after a pause of its own the node has heard nobody.
TEST_F(FailureDetectorTest, OwnPauseConvictsNobody) {
  run(1, 10, {1, 2});
  std::vector<NodeId> down;
  detector.tick(at(3600), down);
  EXPECT_TRUE(down.empty());
  EXPECT_TRUE(detector.is_up(1));
  // Those that stay silent afterwards are convicted in the usual time.
  EXPECT_EQ(run(3601, 3610, {1}), std::vector<NodeId>{2});
}

// Found by `holdfast campaign random`, seed 12236: what had waited during the pause was heard at
// its end, and was then moved into the future by its length; a dead peer stayed up for as long.
TEST_F(FailureDetectorTest, NobodyIsHeardInTheFuture) {
  run(1, 10, {1, 2});
  std::vector<NodeId> down;
  detector.heard(1, at(3600));
  detector.heard(2, at(3600));
  detector.tick(at(3600), down);
  EXPECT_EQ(run(3601, 3610, {1}), std::vector<NodeId>{2});
}

}  // namespace
}  // namespace holdfast::node
