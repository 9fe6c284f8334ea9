// Peer messages as TCP carries them: encoded, framed, and cut into pieces that know nothing of
// messages. Tests the codec and what a broken connection leaves behind.
//
// One connection for each direction of two nodes. Bytes arrive in order, in pieces split and
// joined at random. A lost piece comes again later and holds up what follows. A corrupted one has
// a flipped bit, as if TCP's own checksum had missed it: the frame's finds it. What is sent while
// the sender's buffer is full is dropped. A connection breaks when a frame is damaged, when its
// link is cut, or when either process dies; what was under way is then lost, perhaps in the middle
// of a message, and the sender opens the next one after a while. Duplicates and reordering do not
// exist here.
#pragma once

#include <string>
#include <vector>

#include "harness/sim/network.h"
#include "harness/sim/simulation.h"
#include "node/codec/frame.h"

namespace holdfast::harness {

class Streams {
 public:
  Streams(std::uint64_t seed, std::uint16_t nodes, Simulation& simulation, Network& network);

  void send(const node::Envelope& envelope, bool listening);
  // A process died: its connections in both directions break.
  void close(NodeId node);
  // The messages that are now complete go to the end of `to`.
  void on_segment(const SimEvent& event, std::vector<node::Envelope>& to);

 private:
  struct Segment {
    NodeId from = kNoNode;
    NodeId to = kNoNode;
    std::string bytes;
    bool corrupted = false;
  };
  struct Connection {
    explicit Connection(std::uint64_t seed) : random(seed) {}
    Random random;
    std::uint64_t number = 1;  // of the current connection; a segment of an older one is lost
    SimTime opens_at = 0;      // nothing can be sent before
    SimTime last_arrival = 0;
    std::size_t under_way = 0;  // bytes
    bool has_segment = false;   // last_segment has not arrived yet
    std::uint32_t last_segment = 0;
    std::uint64_t reading = 0;  // the connection that `reader` reads
    SimTime corrupted_at = 0;   // in this connection; 0: never
    node::FrameReader reader;
  };
  Connection& connection(NodeId from, NodeId to) {
    return connections_[static_cast<std::size_t>(from) * nodes_ + to];
  }
  void break_off(Connection& connection);
  void transmit(Connection& connection, NodeId from, NodeId to, std::string_view bytes);
  void transmit_piece(Connection& connection, NodeId from, NodeId to, std::string_view bytes);
  void read_messages(Connection& connection, std::vector<node::Envelope>& to);

  Simulation& simulation_;
  Network& network_;
  std::uint16_t nodes_;
  std::vector<Connection> connections_;
  Slab<Segment> segments_;
  std::string frame_;
};

}  // namespace holdfast::harness
