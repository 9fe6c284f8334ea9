// Hints for replicas that did not answer in time are stored after the client has its reply, so that
// no reply forces them to the disk.
#include <gtest/gtest.h>

#include "node/core/test_cluster.h"

namespace holdfast::node {
namespace {

using namespace std::chrono_literals;

Config config() {
  Config config;
  config.hint_holder = HintHolder::coordinator;
  config.read_repair = ReadRepair::off;
  config.anti_entropy = AntiEntropy::off;
  config.request_timeout = 500ms;
  return config;
}

TEST(LateHint, OutlivesAPowerLossAfterTheNextHeartbeat) {
  TestCluster cluster(3, config());
  cluster.cut(0, 2);  // n3 is heard, and hears nothing
  ASSERT_EQ(cluster.write(0, "k", "v").error, ErrorCode::none);
  ASSERT_EQ(cluster.status(0).pending, 0u) << "the reply does not wait for it";
  cluster.advance(500ms + 2 * config().heartbeat_interval);
  ASSERT_EQ(cluster.status(0).pending, 1u);
  cluster.power_loss(0);
  cluster.start(0);
  EXPECT_EQ(cluster.status(0).pending, 1u);
  cluster.mend();
  cluster.advance(10s);
  EXPECT_EQ(cluster.status(0).pending, 0u);
  EXPECT_EQ(cluster.read_replica(2, "k").row.value, "v");
}

}  // namespace
}  // namespace holdfast::node
