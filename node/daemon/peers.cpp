#include "node/daemon/peers.h"

#include <algorithm>
#include <utility>

#include "node/daemon/clock.h"

namespace holdfast::node {
namespace {

// Connections accepted, of members and strangers.
constexpr std::size_t kMaxIncoming = 1024;
// keep() came this late: the node stood still (paused, or its disk stalled).
constexpr Duration kStandstill = std::chrono::milliseconds(300);

}  // namespace

Peers::Peers(Loop& loop, const PeerIdentity& identity, const std::vector<Endpoint>& members,
             std::function<void(Envelope)> on_message)
    : loop_(loop),
      self_(identity),
      on_message_(std::move(on_message)),
      counters_(members.size()),
      outgoing_(members.size()),
      last_keep_(steady_now()) {
  for (NodeId peer = 0; peer < members.size(); ++peer) {
    if (peer == self_.node) continue;
    outgoing_[peer] =
        std::make_unique<OutgoingLink>(loop_, self_, peer, members[peer], counters_[peer]);
  }
}

Result<std::uint16_t> Peers::listen(const Endpoint& endpoint) {
  return loop_.listen(endpoint, [this](StreamPtr stream) { accept(std::move(stream)); });
}

void Peers::accept(StreamPtr stream) {
  if (incoming_.size() >= kMaxIncoming) return stream->close();
  IncomingLink::Handlers handlers;
  handlers.on_open = [this](IncomingLink& link) { on_open(link); };
  handlers.on_message = [this](IncomingLink& link, Envelope envelope) {
    ++counters_[link.peer()].messages_received;
    on_message_(std::move(envelope));
  };
  incoming_.push_back(
      std::make_unique<IncomingLink>(self_, std::move(stream), std::move(handlers), steady_now()));
}

// The newest connection of a peer is the one it uses; it is there, so it can be reached, too.
void Peers::on_open(IncomingLink& link) {
  for (const auto& other : incoming_) {
    if (other.get() != &link && other->is_open() && other->peer() == link.peer()) {
      other->close("it has connected anew");
    }
  }
  outgoing_[link.peer()]->connect_now(steady_now());
}

void Peers::send(const Envelope& envelope) {
  const NodeId peer = envelope.to.node;
  if (peer >= outgoing_.size() || !outgoing_[peer]) return;
  outgoing_[peer]->send(envelope);
  if (std::find(touched_.begin(), touched_.end(), peer) == touched_.end()) {
    touched_.push_back(peer);
  }
}

void Peers::flush() {
  for (const NodeId peer : touched_) outgoing_[peer]->flush();
  touched_.clear();
}

void Peers::keep(SteadyTime now) {
  const Duration late = now - last_keep_ - kPeriod;
  last_keep_ = now;
  for (const auto& link : outgoing_) {
    if (!link) continue;
    if (late > kStandstill) link->forgive(late);
    link->keep(now);
  }
  for (const auto& link : incoming_) {
    if (late > kStandstill) link->forgive(late);
    link->keep(now);
    if (link->is_open()) counters_[link->peer()].bytes_received += link->take_bytes_received();
  }
  incoming_.remove_if([](const auto& link) { return link->is_closed(); });
}

bool Peers::is_connected(NodeId peer) const {
  return peer < outgoing_.size() && outgoing_[peer] && outgoing_[peer]->is_open();
}

}  // namespace holdfast::node
