// For tests: a simulated cluster with calls that wait, so that a scenario reads like a story.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/sim/sim_cluster.h"
#include "node/core/ring.h"

namespace holdfast::harness {

class Scenario {
 public:
  explicit Scenario(const SimOptions& options = {}) : cluster(options) {
    const Result<> started = cluster.start();
    EXPECT_TRUE(started.has_value()) << started.error().message;
  }

  SimCluster cluster;

  nemesis::Faults& faults() { return cluster.faults(); }

  // The home replicas of a key, and the first key of which `node` is one.
  std::vector<NodeId> home_replicas(const std::string& key) const {
    const node::Config& config = cluster.config();
    const node::Ring ring(cluster.size(), config.n, config.virtual_nodes);
    const auto owners = ring.home_replicas_of(key);
    return {owners.begin(), owners.end()};
  }
  bool is_home(const std::string& key, NodeId node) const {
    for (const NodeId owner : home_replicas(key)) {
      if (owner == node) return true;
    }
    return false;
  }
  std::string key_of(NodeId node) const {
    for (int i = 0;; ++i) {
      std::string key = "k" + std::to_string(i);
      if (is_home(key, node)) return key;
    }
  }

  void pass(Duration span) {
    bool passed = false;
    cluster.pass_time(span, [&passed] { passed = true; });
    cluster.run([&passed] { return passed; });
  }
  // Whether `condition` came to hold within `limit`, asked every 100 ms.
  template <class Condition>
  bool wait_until(const Condition& condition, Duration limit) {
    for (Duration waited{0}; waited <= limit; waited += std::chrono::milliseconds(100)) {
      if (condition()) return true;
      pass(std::chrono::milliseconds(100));
    }
    return condition();
  }

  node::ClientReply write(NodeId node, const std::string& key, const std::string& value,
                          Duration timeout = std::chrono::seconds(5)) {
    return ask(node, node::ClientWrite{key, false, value, {1, ++operations_}, {}}, timeout);
  }
  node::ClientReply remove(NodeId node, const std::string& key) {
    return ask(node, node::ClientWrite{key, true, "", {1, ++operations_}, {}},
               std::chrono::seconds(5));
  }
  node::ClientReply read(NodeId node, const std::string& key,
                         Duration timeout = std::chrono::seconds(5)) {
    return ask(node, node::ClientRead{key, {}}, timeout);
  }

  Result<node::StatusReply> status(NodeId node) {
    return wait<node::StatusReply>([&](auto done) { cluster.status(node, std::move(done)); });
  }
  Result<node::ControlReply> control(NodeId node, const node::ControlRequest& request) {
    return wait<node::ControlReply>(
        [&](auto done) { cluster.control(node, request, std::move(done)); });
  }
  // All rows of a node.
  std::map<std::string, node::Row> rows(NodeId node) {
    std::map<std::string, node::Row> rows;
    node::DumpRequest request;
    for (;;) {
      Result<node::DumpReply> page =
          wait<node::DumpReply>([&](auto done) { cluster.dump(node, request, std::move(done)); });
      EXPECT_TRUE(page.has_value());
      if (!page) return rows;
      for (node::DumpedRow& row : page->rows) rows[row.key] = std::move(row.row);
      if (page->done) return rows;
      request.token = page->token;
      request.after_key = page->after_key;
    }
  }
  // Of all nodes that run.
  std::uint64_t pending_hints() {
    std::uint64_t pending = 0;
    for (NodeId id = 0; id < cluster.size(); ++id) {
      if (!faults().is_running(id)) continue;
      const Result<node::StatusReply> reply = status(id);
      if (reply) pending += reply->pending;
    }
    return pending;
  }
  std::optional<NodeId> hint_holder() {
    for (NodeId id = 0; id < cluster.size(); ++id) {
      if (!faults().is_running(id)) continue;
      const Result<node::StatusReply> reply = status(id);
      if (reply && reply->pending > 0) return id;
    }
    return std::nullopt;
  }
  NodeId other_than(NodeId a, NodeId b = kNoNode) const {
    NodeId node = 0;
    while (node == a || node == b) ++node;
    return node;
  }

 private:
  template <class Request>
  node::ClientReply ask(NodeId node, Request request, Duration timeout) {
    std::optional<node::ClientReply> reply;
    cluster.request(node, std::move(request), timeout,
                    [&reply](node::ClientReply answer) { reply = std::move(answer); });
    cluster.run([&reply] { return reply.has_value(); });
    return *reply;
  }
  template <class Reply, class Send>
  Result<Reply> wait(const Send& send) {
    std::optional<Result<Reply>> reply;
    send([&reply](Result<Reply> answer) { reply = std::move(answer); });
    cluster.run([&reply] { return reply.has_value(); });
    return std::move(*reply);
  }

  std::uint64_t operations_ = 0;
};

}  // namespace holdfast::harness
