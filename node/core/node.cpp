#include "node/core/node.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "node/base/check.h"
#include "node/core/anti_entropy.h"
#include "node/core/context.h"
#include "node/core/handoff.h"
#include "node/core/hints.h"
#include "node/core/operator.h"
#include "node/core/read_coordinator.h"
#include "node/core/replica.h"
#include "node/core/write_coordinator.h"

namespace holdfast::node {

struct Node::Parts {
  Parts(const Identity& identity, const Config& config, Store& store, Time now);

  // Messages, by what they are about. Each ignores what makes no sense.
  void take(const Envelope& from, Heartbeat& message);
  void take(const Envelope& from, ReplicaWrite& message);
  void take(const Envelope& from, ReplicaWriteReply& message);
  void take(const Envelope& from, ReplicaRead& message);
  void take(const Envelope& from, ReplicaReadReply& message);
  void take(const Envelope& from, ClientRead& message);
  void take(const Envelope& from, ClientWrite& message);
  void take(const Envelope& from, DumpRequest& message);
  void take(const Envelope& from, HintListRequest& message);
  void take(const Envelope& from, StatusRequest& message);
  void take(const Envelope& from, ControlRequest& message);
  // Replies that only clients receive.
  void take(const Envelope&, ClientReply&) {}
  void take(const Envelope&, DumpReply&) {}
  void take(const Envelope&, HintListReply&) {}
  void take(const Envelope&, StatusReply&) {}
  void take(const Envelope&, ControlReply&) {}
  void take(const Envelope& from, HandoffOffer& m) { handoff.receive(from.from.node, m); }
  void take(const Envelope& from, HandoffGrant& m) { handoff.receive(from.from.node, m); }
  void take(const Envelope& from, HintDelivery& m) { handoff.receive(from.from.node, m); }
  void take(const Envelope& from, HintDeliveryReply& m) { handoff.receive(from.from.node, m); }
  template <class TreeMessage>
  void take(const Envelope& from, TreeMessage& message) {
    anti_entropy.receive(from.from.node, message);
  }

  bool takes_requests(Address client);
  bool ready() const;
  void refuse_until_ready(Address client);
  void heard(NodeId peer);
  void heartbeat();
  void beat(NodeId peer);

  Context context;
  Replica replica;
  Hints hints;
  Handoff handoff;
  WriteCoordinator writes;
  ReadCoordinator reads;
  AntiEntropyRound anti_entropy;
  Operator operations;
  SteadyTime next_heartbeat;
  // A node with a new store may have given versions it no longer knows of: it must hear from a
  // majority how far the clock is before it gives any.
  std::vector<std::uint32_t> heard_incarnation;  // of each peer; 0 is "never heard"
  std::uint32_t clocks_needed = 0;
  bool ending = false;
};

Node::Parts::Parts(const Identity& identity, const Config& config, Store& store, Time now)
    : context(identity, config, store, now),
      replica(context),
      hints(context),
      handoff(context, replica, hints),
      writes(context, replica, hints),
      reads(context, replica, hints),
      anti_entropy(context, replica),
      operations({context, replica, hints, handoff, writes, reads, anti_entropy}),
      next_heartbeat(now.steady),
      heard_incarnation(identity.members, 0) {
  if (identity.store_created) clocks_needed = identity.members / 2;
  if (config.has(Bug::old_hints_dropped_at_start)) {
    for (NodeId node = 0; node < identity.members; ++node) hints.drop_all(node);
  }
  context.log(EventKind::started, kNoNode, {}, 0, store.incarnation());
  if (identity.store_lost) context.log(EventKind::store_lost, kNoNode);
}

bool Node::Parts::ready() const {
  return clocks_needed == 0 && context.clock.ready(context.now.wall);
}

void Node::Parts::refuse_until_ready(Address client) {
  context.refuse(client, ErrorCode::starting,
                 clocks_needed > 0 ? "waiting to hear the clock of " +
                                         std::to_string(clocks_needed) + " more nodes"
                                   : "waiting for the wall clock to pass what was promised");
}

void Node::Parts::heard(NodeId peer) {
  if (context.config.has(Bug::down_for_ever) && !context.detector.is_up(peer)) return;
  if (!context.detector.heard(peer, context.now.steady)) return;
  context.log(EventKind::peer_up, peer);
  handoff.destination_up(peer);
}

void Node::Parts::beat(NodeId peer) {
  const Durability needs = hints.take_unforced() ? context.hint_durability() : Durability::none;
  context.send(peer, needs, Heartbeat{context.identity.incarnation, context.clock.highest_us()});
}

void Node::Parts::heartbeat() {
  std::vector<NodeId> down;
  context.detector.tick(context.now.steady, down);
  for (const NodeId peer : down) {
    context.log(EventKind::peer_down, peer);
    hints.destination_down(peer);
  }
  for (NodeId peer = 0; peer < context.ring.members(); ++peer) {
    if (peer != context.self()) beat(peer);
  }
  next_heartbeat = context.now.steady + context.config.heartbeat_interval;
  hints.tick();
  handoff.wake();
  replica.purge_tombstones();
}

void Node::Parts::take(const Envelope& from, Heartbeat& message) {
  const NodeId peer = from.from.node;
  context.clock.observe_clock(message.clock_us);
  if (heard_incarnation[peer] == message.incarnation) return;
  if (heard_incarnation[peer] == 0 && clocks_needed > 0) --clocks_needed;
  // The first word of a peer that started: answer, so that it need not wait for the next beat.
  heard_incarnation[peer] = message.incarnation;
  beat(peer);
}

void Node::Parts::take(const Envelope& from, ReplicaWrite& message) {
  if (message.destination == kNoNode) {
    const bool repair = !WriteCoordinator::is_write_request(message.request);
    if (context.config.has(repair ? Bug::read_repair_overwrites : Bug::write_overwrites)) {
      replica.overwrite(message.key, message.row);
    } else if (replica.merge(message.key, message.row) && repair) {
      context.log(EventKind::row_repaired, from.from.node, message.row);
    }
    context.send(from.from, context.store_durability(), ReplicaWriteReply{message.request});
    return;
  }
  if (message.destination >= context.ring.members()) return;
  context.clock.observe(message.row.version);
  const HintRefusal refusal = hints.store(message.destination, message.key, message.row);
  const bool stored = refusal == HintRefusal::none;
  context.send(from.from, stored ? context.hint_durability() : Durability::none,
               ReplicaWriteReply{message.request, refusal});
}

void Node::Parts::take(const Envelope& from, ReplicaWriteReply& message) {
  if (WriteCoordinator::is_write_request(message.request)) {
    writes.receive(from.from.node, message);
  } else {
    reads.receive(from.from.node, message);
  }
}

void Node::Parts::take(const Envelope& from, ReplicaRead& message) {
  context.send(from.from, context.store_durability(), reads.answer(message));
}

void Node::Parts::take(const Envelope& from, ReplicaReadReply& message) {
  reads.receive(from.from.node, std::move(message));
}

bool Node::Parts::takes_requests(Address client) {
  if (ending) {
    context.refuse(client, ErrorCode::refused, "the node is about to end");
    return false;
  }
  if (!ready()) refuse_until_ready(client);
  return ready();
}

void Node::Parts::take(const Envelope& from, ClientRead& message) {
  if (!takes_requests(from.from)) return;
  reads.begin(from.from, std::move(message));
}

void Node::Parts::take(const Envelope& from, ClientWrite& message) {
  if (!takes_requests(from.from)) return;
  writes.begin(from.from, std::move(message));
}

void Node::Parts::take(const Envelope& from, DumpRequest& message) {
  context.send(from.from, Durability::none, operations.dump(message));
}

void Node::Parts::take(const Envelope& from, HintListRequest& message) {
  context.send(from.from, Durability::none, operations.list(message));
}

void Node::Parts::take(const Envelope& from, StatusRequest&) {
  context.send(from.from, Durability::none, operations.status(ready()));
}

void Node::Parts::take(const Envelope& from, ControlRequest& message) {
  context.send(from.from, Durability::fsync, operations.control(message));
}

Node::Node(const Identity& identity, const Config& config, Store& store, Time now)
    : parts_(std::make_unique<Parts>(identity, config, store, now)) {
  CHECK(identity.self < identity.members);
}

Node::~Node() = default;

void Node::receive(Time now, Envelope envelope) {
  Parts& parts = *parts_;
  parts.context.now = now;
  // Only these may come from a client; anything else from one is somebody's mistake.
  const bool from_client = envelope.from.is_client();
  const Message& message = envelope.message;
  const bool clients_may_send = std::holds_alternative<ClientRead>(message) ||
                                std::holds_alternative<ClientWrite>(message) ||
                                std::holds_alternative<ReplicaRead>(message) ||
                                std::holds_alternative<DumpRequest>(message) ||
                                std::holds_alternative<HintListRequest>(message) ||
                                std::holds_alternative<StatusRequest>(message) ||
                                std::holds_alternative<ControlRequest>(message);
  if (from_client && !clients_may_send) return;
  if (!from_client) {
    const NodeId peer = envelope.from.node;
    if (peer >= parts.context.ring.members() || peer == parts.context.self()) return;
    parts.heard(peer);
  }
  std::visit([&](auto& content) { parts.take(envelope, content); }, envelope.message);
}

void Node::tick(Time now) {
  Parts& parts = *parts_;
  parts.context.now = now;
  if (now.steady >= parts.next_heartbeat) parts.heartbeat();
  parts.writes.tick();
  parts.reads.tick();
  parts.handoff.tick();
  parts.anti_entropy.tick();
}

SteadyTime Node::next_wakeup() const {
  const Parts& parts = *parts_;
  return std::min({parts.next_heartbeat, parts.writes.next_deadline(), parts.reads.next_deadline(),
                   parts.handoff.next_deadline(), parts.anti_entropy.next_deadline()});
}

void Node::take_outbox(std::vector<Envelope>& to) {
  Context& context = parts_->context;
  if (context.clock.take_raised()) {
    // Versions above the old ceiling leave only once the new one is on disk.
    for (Envelope& envelope : context.outbox) envelope.needs = Durability::fsync;
  }
  if (to.empty()) return to.swap(context.outbox);
  std::move(context.outbox.begin(), context.outbox.end(), std::back_inserter(to));
  context.outbox.clear();
}

void Node::take_events(std::vector<Event>& to) {
  std::vector<Event>& events = parts_->context.events;
  std::move(events.begin(), events.end(), std::back_inserter(to));
  events.clear();
}

void Node::begin_end() { parts_->ending = true; }

std::size_t Node::requests_in_flight() const {
  return std::size_t{parts_->writes.in_flight()} + parts_->reads.in_flight();
}

const Config& Node::config() const { return parts_->context.config; }

}  // namespace holdfast::node
