// Shapes links: delay, jitter, loss, duplication, reordering, corruption and bandwidth, for each
// direction between two nodes. Works on every kernel, without root in a sandbox. Directions that
// are not shaped stay on the kernel's own path.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "nemesis/linux/delay_line.h"
#include "nemesis/linux/diversion.h"
#include "nemesis/linux/network.h"
#include "nemesis/linux/packet_tap.h"
#include "node/base/ids.h"
#include "node/base/result.h"

namespace holdfast::nemesis {

// A thread of its own carries the packets, so that delays are exact whatever the harness does.
// The fate of the n-th packet of a direction depends on the seed, the direction and n alone; n
// goes on over changes of the shape. While a node's outgoing links are shaped its interface sends
// packets of at most 1514 bytes with checksums, so that a packet is what a wire would carry.
class Shaper {
 public:
  // Inside the sandbox; make it when the first link is to be shaped. `network` must outlive it.
  static Result<std::unique_ptr<Shaper>> make(const Network& network, std::uint64_t seed);
  // Ends the shaping of every link.
  ~Shaper();

  // Takes effect before it returns. A shape that does nothing returns the direction to the kernel;
  // packets under way are sent at once.
  Result<> set(NodeId from, NodeId to, const LinkShape& shape);
  // Over all shapes that the direction has had. One that stays at zero was never used.
  LinkCounts counts(NodeId from, NodeId to);

 private:
  using Direction = std::pair<NodeId, NodeId>;  // from, to

  Shaper(const Network& network, std::uint64_t seed, Diversion diversion);
  Result<> begin(NodeId from, NodeId to);
  Result<> end(NodeId from, NodeId to);
  bool shapes_any_from(NodeId from) const;
  // The thread.
  void carry();
  std::int64_t carry_all(std::int64_t now_ns);  // says when it wants to be called again
  bool wait_until(std::int64_t ns);             // false: stop

  const Network& network_;
  std::uint64_t seed_;
  Diversion diversion_;
  Descriptor events_;  // an epoll: the taps and stop_
  Descriptor stop_;    // an eventfd
  std::mutex mutex_;   // over what follows; only the calling thread changes which taps there are
  std::map<Direction, DelayLine> lines_;  // of every direction that was ever shaped
  std::map<Direction, PacketTap> taps_;   // of those that are now
  std::vector<DelayLine::Packet> due_;
  std::thread thread_;
};

}  // namespace holdfast::nemesis
