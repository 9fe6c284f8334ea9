// The simulated network: when a message from one node arrives at another, if it does.
//
// A link (one direction between two nodes) keeps order, as TCP does, unless it is told to reorder.
// The n-th message of a link meets the same fate whatever happens elsewhere: everything is drawn
// from (seed, from, to, n), so that removing one fault does not move the others.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/sim/event_queue.h"
#include "nemesis/faults.h"
#include "node/base/ids.h"
#include "node/base/random.h"
#include "node/base/time.h"

namespace holdfast::harness {

struct NetworkOptions {
  // Of every message between nodes, one way, uniform.
  Duration delay_min{200};
  Duration delay_max{800};
  // Between a client and a node, one way, uniform.
  Duration client_delay_min{50};
  Duration client_delay_max{150};
  // Peer messages travel as bytes, split at random, through connections that can break.
  bool streams = false;
};

// When the copies of one message arrive: none if it is lost, two if it is duplicated.
struct Arrivals {
  int count = 0;
  SimTime at[2] = {0, 0};
  bool corrupted = false;
  std::uint64_t bit = 0;  // to flip, modulo what there is
};

class Network {
 public:
  Network(std::uint64_t seed, std::uint16_t nodes, const NetworkOptions& options);

  // Takes the link's next message at `now`. Its size is looked at only where is_limited().
  Arrivals send(NodeId from, NodeId to, SimTime now, std::size_t bytes = 0);
  // Whether the link carries so many bytes a second only.
  bool is_limited(NodeId from, NodeId to) const {
    return links_[index(from, to)].quality.bytes_per_second != 0;
  }
  // How long the `number`-th message to or from a client of `node` is under way.
  SimTime client_delay(NodeId node, std::uint64_t number) const;

  // A message also vanishes if its link is cut at the moment of its arrival.
  bool is_cut(NodeId from, NodeId to) const { return links_[index(from, to)].cut; }
  void set_cut(NodeId from, NodeId to, bool cut) { links_[index(from, to)].cut = cut; }
  void set_quality(NodeId from, NodeId to, const nemesis::LinkQuality& quality);
  const nemesis::LinkQuality& quality(NodeId from, NodeId to) const {
    return links_[index(from, to)].quality;
  }

 private:
  struct Link {
    std::uint64_t seed = 0;
    std::uint64_t sent = 0;
    SimTime last_arrival = 0;
    SimTime free_at = 0;  // a limited link: when it has sent what it has
    bool cut = false;
    bool faulty = false;  // its quality is not the normal one
    nemesis::LinkQuality quality;
  };
  std::size_t index(NodeId from, NodeId to) const {
    return static_cast<std::size_t>(from) * nodes_ + to;
  }
  static SimTime transmit(Link& link, SimTime now, std::size_t bytes);
  Arrivals send_faulty(Link& link, std::uint64_t key, SimTime now, SimTime delay,
                       std::size_t bytes);

  std::uint16_t nodes_;
  SimTime delay_min_;
  SimTime delay_span_;
  SimTime client_delay_min_;
  SimTime client_delay_span_;
  std::uint64_t client_seed_;
  std::vector<Link> links_;
};

// Simulated nanoseconds of a duration.
constexpr SimTime to_sim(Duration duration) { return duration.count() * 1000; }

}  // namespace holdfast::harness
