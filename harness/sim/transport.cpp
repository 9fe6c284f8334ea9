#include "harness/sim/transport.h"

#include <string>
#include <utility>

#include "node/codec/peer_codec.h"

namespace holdfast::harness {

namespace {

std::size_t encoded_size(const node::Envelope& envelope) {
  std::string bytes;
  node::encode(envelope, bytes);
  return bytes.size();
}

}  // namespace

Transport::Transport(std::uint64_t seed, std::uint16_t nodes, const NetworkOptions& options,
                     Simulation& simulation, Clients& clients)
    : simulation_(simulation), clients_(clients), network_(seed, nodes, options), lives_(nodes) {
  if (options.streams) streams_ = std::make_unique<Streams>(seed, nodes, simulation, network_);
}

void Transport::disconnect(NodeId node) {
  ++lives_[node].number;
  lives_[node].listening = false;
  if (streams_) streams_->close(node);
  for (const std::uint64_t number : clients_.waiting_for(node)) {
    clients_.fail_at(number, ErrorCode::connection_lost,
                     simulation_.now + network_.client_delay(node, ~number));
  }
}

void Transport::send(node::Envelope envelope) {
  if (!envelope.to.is_client()) return send_to_peer(std::move(envelope));
  const std::uint64_t number = envelope.to.client;
  const SimTime at = simulation_.now + network_.client_delay(envelope.from.node, ~number);
  const NodeId from = envelope.from.node;
  const std::uint32_t slot = simulation_.envelopes.add(std::move(envelope));
  simulation_.queue.push(at, {SimEventKind::reply, from, slot, number});
}

void Transport::send_to_peer(node::Envelope envelope) {
  ++messages_;
  const NodeId from = envelope.from.node;
  const NodeId to = envelope.to.node;
  if (streams_) return streams_->send(envelope, lives_[to].listening);
  const std::size_t bytes = network_.is_limited(from, to) ? encoded_size(envelope) : 0;
  const Arrivals arrivals = network_.send(from, to, simulation_.now, bytes);
  // A corrupted message does not fit its checksum, and is dropped.
  if (arrivals.count == 0 || arrivals.corrupted || !lives_[to].listening) {
    return simulation_.trace.message(simulation_.now, envelope, true);
  }
  if (arrivals.count == 2) schedule(arrivals.at[1], envelope);
  schedule(arrivals.at[0], std::move(envelope));
}

void Transport::schedule(SimTime at, node::Envelope envelope) {
  const NodeId to = envelope.to.node;
  const std::uint32_t slot = simulation_.envelopes.add(std::move(envelope));
  simulation_.queue.push(at, {SimEventKind::message, to, slot, lives_[to].number});
}

void Transport::request(NodeId to, std::uint64_t number, node::Message message) {
  const SimTime delay = network_.client_delay(to, number);
  if (!lives_[to].listening) {
    return clients_.fail_at(number, ErrorCode::refused, simulation_.now + delay);
  }
  schedule(simulation_.now + delay, {node::Address::of_client(number), node::Address::of_node(to),
                                     node::Durability::none, std::move(message)});
}

void Transport::on_message(const SimEvent& event, std::vector<node::Envelope>& to) {
  node::Envelope& envelope = simulation_.envelopes[event.slot];
  const bool cut =
      !envelope.from.is_client() && network_.is_cut(envelope.from.node, envelope.to.node);
  const bool dropped = cut || event.number != lives_[event.node].number;
  simulation_.trace.message(simulation_.now, envelope, dropped);
  if (!dropped) to.push_back(std::move(envelope));
  simulation_.envelopes.release(event.slot);
}

void Transport::on_segment(const SimEvent& event, std::vector<node::Envelope>& to) {
  const std::size_t before = to.size();
  streams_->on_segment(event, to);
  for (std::size_t i = before; i < to.size(); ++i) {
    simulation_.trace.message(simulation_.now, to[i], false);
  }
}

void Transport::on_reply(const SimEvent& event) {
  node::Envelope& envelope = simulation_.envelopes[event.slot];
  simulation_.trace.message(simulation_.now, envelope, false);
  node::Envelope reply = std::exchange(envelope, {});
  simulation_.envelopes.release(event.slot);
  clients_.on_reply(event.number, reply.message);
}

void Transport::take_under_way(NodeId node, std::vector<node::Envelope>& to) {
  for (const SimEvent& event : simulation_.queue.find(SimEventKind::message, node)) {
    if (event.number != lives_[node].number) continue;
    const node::Envelope& envelope = simulation_.envelopes[event.slot];
    if (!envelope.from.is_client() && network_.is_cut(envelope.from.node, node)) continue;
    to.push_back(envelope);
  }
}

}  // namespace holdfast::harness
