#include "harness/sim/streams.h"

#include <algorithm>
#include <utility>

#include "node/base/check.h"
#include "node/codec/peer_codec.h"

namespace holdfast::harness {
namespace {

constexpr SimTime kMs = 1'000'000;
constexpr SimTime kRetransmission = 200 * kMs;
constexpr SimTime kSilenceMost = 1000 * kMs;  // after which peers drop a connection

}  // namespace

Streams::Streams(std::uint64_t seed, std::uint16_t nodes, Simulation& simulation, Network& network)
    : simulation_(simulation), network_(network), nodes_(nodes) {
  connections_.reserve(static_cast<std::size_t>(nodes) * nodes);
  for (NodeId from = 0; from < nodes; ++from) {
    for (NodeId to = 0; to < nodes; ++to) {
      connections_.emplace_back(derive_seed(seed, "stream", from, to));
    }
  }
}

void Streams::send(const node::Envelope& envelope, bool listening) {
  const NodeId from = envelope.from.node;
  const NodeId to = envelope.to.node;
  Connection& link = connection(from, to);
  if (simulation_.now < link.opens_at) return;
  if (!listening || network_.is_cut(from, to)) return break_off(link);
  if (link.under_way > node::kMaxUnsentBytes) return;
  frame_.clear();
  const std::size_t begin = node::begin_frame(frame_);
  node::encode(envelope, frame_);
  node::end_frame(frame_, begin);
  transmit(link, from, to, frame_);
}

void Streams::break_off(Connection& link) {
  ++link.number;
  link.opens_at = simulation_.now + link.random.between(50, 500) * kMs;
  link.last_arrival = 0;
  link.under_way = 0;
  link.has_segment = false;
  link.corrupted_at = 0;
}

void Streams::close(NodeId node) {
  for (NodeId other = 0; other < nodes_; ++other) {
    if (other == node) continue;
    break_off(connection(node, other));
    break_off(connection(other, node));
    connection(node, other).opens_at = 0;  // a new process connects at once
  }
}

// Half of all frames travel in one piece, a quarter of the others' pieces join the one before.
void Streams::transmit(Connection& link, NodeId from, NodeId to, std::string_view bytes) {
  link.under_way += bytes.size();
  if (link.has_segment && link.random.chance(1, 4)) {
    const std::size_t joined = 1 + link.random.below(bytes.size());
    segments_[link.last_segment].bytes += bytes.substr(0, joined);
    bytes.remove_prefix(joined);
  }
  while (!bytes.empty()) {
    const bool whole = link.random.chance(1, 2);
    const std::size_t size = whole ? bytes.size() : 1 + link.random.below(bytes.size());
    transmit_piece(link, from, to, bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
}

void Streams::transmit_piece(Connection& link, NodeId from, NodeId to, std::string_view bytes) {
  Arrivals arrivals = network_.send(from, to, simulation_.now, bytes.size());
  if (arrivals.count == 0) {
    arrivals.at[0] = std::max(simulation_.now, link.last_arrival) + kRetransmission;
  }
  link.last_arrival = std::max(link.last_arrival, arrivals.at[0]);
  std::string piece(bytes);
  if (arrivals.corrupted) {
    const std::uint64_t bit = arrivals.bit % (piece.size() * 8);
    piece[bit / 8] = static_cast<char>(piece[bit / 8] ^ (1 << bit % 8));
  }
  const std::uint32_t slot = segments_.add({from, to, std::move(piece), arrivals.corrupted});
  link.has_segment = true;
  link.last_segment = slot;
  simulation_.queue.push(link.last_arrival, {SimEventKind::segment, to, slot, link.number});
}

void Streams::on_segment(const SimEvent& event, std::vector<node::Envelope>& to) {
  const Segment segment = std::exchange(segments_[event.slot], {});
  segments_.release(event.slot);
  Connection& link = connection(segment.from, segment.to);
  if (event.number != link.number) return;
  if (network_.is_cut(segment.from, segment.to)) return break_off(link);
  if (link.last_segment == event.slot) link.has_segment = false;
  CHECK(link.under_way >= segment.bytes.size());
  link.under_way -= segment.bytes.size();
  if (link.reading != link.number) {
    // What the connection before left, perhaps half a message, ends with it.
    link.reading = link.number;
    link.reader = node::FrameReader();
  }
  link.reader.append(segment.bytes);
  if (segment.corrupted && link.corrupted_at == 0) link.corrupted_at = simulation_.now;
  // It may have been the length of a frame: then the reader waits for an end that never comes.
  if (link.corrupted_at != 0 && simulation_.now - link.corrupted_at > kSilenceMost) {
    return break_off(link);
  }
  read_messages(link, to);
}

void Streams::read_messages(Connection& link, std::vector<node::Envelope>& to) {
  std::string_view body;
  for (;;) {
    const node::FrameState state = link.reader.next(body);
    if (state == node::FrameState::damaged) return break_off(link);  // a corrupted piece
    if (state == node::FrameState::incomplete) return;
    Result<node::Envelope> envelope = node::decode_envelope(body);
    CHECK(envelope.has_value());  // we made it with the same codec, and its checksum fits
    to.push_back(std::move(*envelope));
  }
}

}  // namespace holdfast::harness
