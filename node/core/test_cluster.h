// Nodes and messages without time or losses of their own, for the core's unit tests: messages
// arrive at once and in order, unless a link is cut or a filter takes them. The simulator has the
// rest.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "node/base/check.h"
#include "node/core/node.h"
#include "node/core/ring.h"
#include "node/storage/memory_disk.h"

namespace holdfast::node {

class TestCluster {
 public:
  TestCluster(std::uint16_t members, const Config& config)
      : config_(config),
        ring_(members, config.n, config.virtual_nodes),
        disks_(members),
        stores_(members),
        nodes_(members) {
    for (NodeId node = 0; node < members; ++node) start(node);
    advance(std::chrono::seconds(2));
  }

  const Ring& ring() const { return ring_; }
  Time now() const { return now_; }
  // Takes a message away if it returns true.
  std::function<bool(const Envelope&)> filter;

  void start(NodeId node) {
    OpenReport report;
    auto store = Store::open(disks_[node], ++incarnation_, report);
    CHECK(store.has_value());
    stores_[node] = std::move(*store);
    const Identity identity{node,
                            ring_.members(),
                            incarnation_,
                            report.created || report.lost_corrupt_file,
                            report.lost_corrupt_file,
                            incarnation_};
    nodes_[node] = std::make_unique<Node>(identity, config_, *stores_[node], now_);
    step(node);
  }
  void kill(NodeId node) {
    nodes_[node].reset();
    stores_[node].reset();
  }
  bool is_running(NodeId node) const { return nodes_[node] != nullptr; }
  void wipe(NodeId node) {
    kill(node);
    disks_[node] = MemoryDisk();
  }
  void power_loss(NodeId node) {
    kill(node);
    Random random(7);
    disks_[node].power_loss(random);
  }
  void cut(NodeId from, NodeId to) { cuts_.insert({from, to}); }
  void mend() { cuts_.clear(); }
  // Cuts `node` off from all others, both ways.
  void isolate(NodeId node) {
    for (NodeId other = 0; other < ring_.members(); ++other) {
      if (other == node) continue;
      cut(node, other);
      cut(other, node);
    }
  }

  // Lets time pass, with everything that happens meanwhile.
  void advance(Duration span) {
    const SteadyTime end = now_.steady + span;
    while (true) {
      SteadyTime next = end;
      for (const auto& node : nodes_) {
        if (node) next = std::min(next, node->next_wakeup());
      }
      pass(std::max(next, now_.steady) - now_.steady);
      if (now_.steady >= end) return;
      for (NodeId node = 0; node < nodes_.size(); ++node) tick(node);
      deliver();
    }
  }
  // Moves the wall clock alone, as a harness on real processes does.
  void jump(Duration span) {
    now_.wall += span;
    for (NodeId node = 0; node < nodes_.size(); ++node) tick(node);
    deliver();
  }

  ClientReply write(NodeId coordinator, std::string key, std::string value,
                    RequestOptions options = {}) {
    return call<ClientReply>(coordinator,
                             ClientWrite{std::move(key), false, std::move(value), {}, options});
  }
  ClientReply remove(NodeId coordinator, std::string key) {
    return call<ClientReply>(coordinator, ClientWrite{std::move(key), true, {}, {}, {}});
  }
  ClientReply read(NodeId coordinator, std::string key, RequestOptions options = {}) {
    return call<ClientReply>(coordinator, ClientRead{std::move(key), options});
  }
  ReplicaReadReply read_replica(NodeId node, std::string key) {
    return call<ReplicaReadReply>(node, ReplicaRead{0, std::move(key), false});
  }
  StatusReply status(NodeId node) { return call<StatusReply>(node, StatusRequest{}); }
  ControlReply control(NodeId node, ControlRequest request) {
    return call<ControlReply>(node, std::move(request));
  }

  // Sends a request and lets time pass until the reply, at most 20 seconds.
  template <class Reply>
  Reply call(NodeId node, Message message) {
    const std::uint64_t client = ++clients_;
    send(
        {Address::of_client(client), Address::of_node(node), Durability::none, std::move(message)});
    deliver();
    for (int i = 0; i < 200 && !replies_.contains(client); ++i) {
      advance(std::chrono::milliseconds(100));
    }
    CHECK(replies_.contains(client));
    Reply reply = std::get<Reply>(std::move(replies_.at(client)));
    replies_.erase(client);
    return reply;
  }

  // Hands a message to its node as if it had just arrived.
  void send(Envelope envelope) { queue_.push_back(std::move(envelope)); }
  void deliver() {
    while (!queue_.empty()) {
      Envelope envelope = std::move(queue_.front());
      queue_.pop_front();
      if (filter && filter(envelope)) continue;
      if (envelope.to.is_client()) {
        replies_[envelope.to.client] = std::move(envelope.message);
        continue;
      }
      const NodeId to = envelope.to.node;
      const bool is_cut = !envelope.from.is_client() && cuts_.contains({envelope.from.node, to});
      if (!nodes_[to] || is_cut) continue;
      nodes_[to]->receive(now_, std::move(envelope));
      step(to);
    }
  }

 private:
  void pass(Duration span) {
    now_.steady += span;
    now_.wall += span;
  }
  void tick(NodeId node) {
    if (!nodes_[node]) return;
    nodes_[node]->tick(now_);
    step(node);
  }
  // The driver's loop: commit, sync, send.
  void step(NodeId node) {
    CHECK(stores_[node]->commit() == StoreStatus::ok);
    std::vector<Envelope> outbox;
    nodes_[node]->take_outbox(outbox);
    bool needs_fsync = false;
    for (const Envelope& envelope : outbox) needs_fsync |= envelope.needs == Durability::fsync;
    if (needs_fsync && stores_[node]->unsynced()) CHECK(stores_[node]->sync() == StoreStatus::ok);
    for (Envelope& envelope : outbox) queue_.push_back(std::move(envelope));
  }

  Config config_;
  Ring ring_;
  Time now_{SteadyTime{}, WallTime{std::chrono::hours(24 * 365 * 50)}};
  std::vector<MemoryDisk> disks_;
  std::vector<std::unique_ptr<Store>> stores_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::set<std::pair<NodeId, NodeId>> cuts_;
  std::deque<Envelope> queue_;
  std::map<std::uint64_t, Message> replies_;
  std::uint64_t clients_ = 0;
  std::uint32_t incarnation_ = 0xf0000000;  // as large as real ones become
};

}  // namespace holdfast::node
