// Carries messages between nodes and to and from clients, as events of the simulation.
#pragma once

#include <memory>
#include <vector>

#include "harness/sim/clients.h"
#include "harness/sim/network.h"
#include "harness/sim/simulation.h"
#include "harness/sim/streams.h"

namespace holdfast::harness {

class Transport {
 public:
  Transport(std::uint64_t seed, std::uint16_t nodes, const NetworkOptions& options,
            Simulation& simulation, Clients& clients);

  Network& network() { return network_; }
  std::uint64_t messages() const { return messages_; }

  // A node's process begins to listen; each life of it has a number of its own.
  void connect(NodeId node) { lives_[node].listening = true; }
  // It is gone: what is under way to it is lost, its clients' connections break.
  void disconnect(NodeId node);
  bool is_listening(NodeId node) const { return lives_[node].listening; }
  std::uint64_t life(NodeId node) const { return lives_[node].number; }

  // From a node, to a node or a client.
  void send(node::Envelope envelope);
  // From a client; `number` is Clients'. Refused if the node does not listen.
  void request(NodeId to, std::uint64_t number, node::Message message);

  // Events. The messages that have arrived and may be received go to the end of `to`.
  void on_message(const SimEvent& event, std::vector<node::Envelope>& to);
  void on_segment(const SimEvent& event, std::vector<node::Envelope>& to);
  void on_reply(const SimEvent& event);

  // Messages under way to `node`, taken before their time, in the order of their arrivals (only
  // whole messages: none in streams).
  void take_under_way(NodeId node, std::vector<node::Envelope>& to);

 private:
  struct Life {
    bool listening = false;
    std::uint64_t number = 0;
  };
  void send_to_peer(node::Envelope envelope);
  void schedule(SimTime at, node::Envelope envelope);

  Simulation& simulation_;
  Clients& clients_;
  Network network_;
  std::unique_ptr<Streams> streams_;  // null: messages travel whole
  std::vector<Life> lives_;
  std::uint64_t messages_ = 0;
};

}  // namespace holdfast::harness
