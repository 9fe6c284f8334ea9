// What the core's tests have in common. Keys are chosen by the ring: "the third home replica of k".
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "node/core/test_cluster.h"

namespace holdfast::node {

inline Config without_repair() {
  Config config;
  config.read_repair = ReadRepair::off;
  config.anti_entropy = AntiEntropy::on_demand;
  return config;
}

inline RequestOptions with(QuorumKind kind, std::uint32_t count) {
  RequestOptions options;
  options.quorum = kind;
  options.r = options.w = count;
  return options;
}

class NodeTest : public testing::Test {
 protected:
  void make(std::uint16_t members, const Config& config) {
    cluster = std::make_unique<TestCluster>(members, config);
    const auto list = cluster->ring().preference_list(cluster->ring().range_of(token_of("k")));
    homes.assign(list.begin(), list.begin() + config.n);
    fallbacks.assign(list.begin() + config.n, list.end());
  }
  // `node` goes away and everyone notices.
  void take_down(NodeId node) {
    cluster->kill(node);
    cluster->advance(std::chrono::seconds(6));
  }
  void bring_up(NodeId node) {
    cluster->start(node);
    cluster->advance(std::chrono::seconds(4));
  }
  std::uint64_t pending() {
    std::uint64_t sum = 0;
    for (NodeId node = 0; node < cluster->ring().members(); ++node) {
      if (cluster->is_running(node)) sum += cluster->status(node).pending;
    }
    return sum;
  }
  // Counters of a live node, after an anti-entropy round that it started with everybody.
  Counters repair_from(NodeId node) {
    cluster->control(node, {ControlAction::start_anti_entropy});
    cluster->advance(std::chrono::seconds(5));
    return cluster->status(node).counters;
  }

  std::unique_ptr<TestCluster> cluster;
  std::vector<NodeId> homes;
  std::vector<NodeId> fallbacks;
};

}  // namespace holdfast::node
