// What all parts of one node share: who it is, what time it is, its ring, clock, store and outbox.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "node/base/random.h"
#include "node/core/clock.h"
#include "node/core/config.h"
#include "node/core/event.h"
#include "node/core/failure_detector.h"
#include "node/core/message.h"
#include "node/core/node.h"
#include "node/core/ring.h"
#include "node/storage/store.h"

namespace holdfast::node {

struct Context {
  Context(const Identity& who, const Config& settings, Store& durable, Time start)
      : identity(who),
        config(settings),
        store(durable),
        ring(who.members, settings.n, settings.virtual_nodes),
        clock(durable, who.self, who.incarnation, start.wall),
        detector(who.members, who.self, settings.heartbeat_interval, settings.failure_timeout,
                 start.steady, !settings.has(Bug::no_local_pause_guard)),
        random(who.seed),
        now(start) {
    if (settings.has(Bug::clock_follows_the_wall_back)) clock.follow_the_wall_back();
  }

  const Identity identity;
  Config config;
  Store& store;
  Ring ring;
  HybridClock clock;
  FailureDetector detector;
  Random random;
  Time now;
  std::vector<Envelope> outbox;
  std::vector<Event> events;
  Counters counters;

  NodeId self() const { return identity.self; }
  // Where the ids of requests to peers begin: a late answer to an earlier start of this node must
  // not be taken for one to this. Of the incarnation the lowest 28 bits: writes and reads put 4
  // bits of their own below an id.
  std::uint64_t first_request() const {
    return (std::uint64_t{identity.incarnation & 0xfffffff} << 32) + 1;
  }

  template <class Content>
  void send(Address to, Durability needs, Content content) {
    Envelope& envelope = outbox.emplace_back();
    envelope.from = Address::of_node(self());
    envelope.to = to;
    envelope.needs = needs;
    envelope.message = std::move(content);
  }
  template <class Content>
  void send(NodeId to, Durability needs, Content content) {
    send(Address::of_node(to), needs, std::move(content));
  }

  // Tells a client that nothing was done, and why.
  void refuse(Address client, ErrorCode error, std::string detail) {
    ClientReply reply;
    reply.error = error;
    reply.detail = std::move(detail);
    send(client, Durability::none, std::move(reply));
  }

  // What must hold before a write, or a hint, of this node is acknowledged.
  Durability store_durability() const { return durability(config.store_durability); }
  Durability hint_durability() const { return durability(config.hint_durability); }

  void log(EventKind kind, NodeId peer, const Row& row = {}, std::uint64_t sequence = 0,
           std::uint64_t detail = 0) {
    events.push_back({now, kind, peer, row.id, row.version, sequence, detail});
  }

 private:
  Durability durability(Durability configured) const {
    return config.has(Bug::ack_before_sync) ? Durability::none : configured;
  }
};

}  // namespace holdfast::node
