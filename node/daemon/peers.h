// All connections to and from the other members.
#pragma once

#include <list>
#include <memory>
#include <vector>

#include "node/daemon/peer_connections.h"

namespace holdfast::node {

class Peers {
 public:
  // `members` are the endpoints of all nodes, this one's included. `identity` and `loop` must
  // outlive this object.
  Peers(Loop& loop, const PeerIdentity& identity, const std::vector<Endpoint>& members,
        std::function<void(Envelope)> on_message);

  Result<std::uint16_t> listen(const Endpoint& endpoint);

  void send(const Envelope& envelope);
  void flush();
  // Call it about every kPeersPeriod: connects, keeps alive, drops what is silent.
  void keep(SteadyTime now);
  static constexpr Duration kPeriod = std::chrono::milliseconds(50);

  const LinkCounters& counters(NodeId peer) const { return counters_[peer]; }
  bool is_connected(NodeId peer) const;

 private:
  void accept(StreamPtr stream);
  void on_open(IncomingLink& link);

  Loop& loop_;
  const PeerIdentity& self_;
  std::function<void(Envelope)> on_message_;
  std::vector<LinkCounters> counters_;
  std::vector<std::unique_ptr<OutgoingLink>> outgoing_;  // by node; none for this one
  std::list<std::unique_ptr<IncomingLink>> incoming_;
  std::vector<NodeId> touched_;  // since the last flush
  SteadyTime last_keep_;
};

}  // namespace holdfast::node
