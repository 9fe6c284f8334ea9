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
#include "nemesis/linux/descriptor.h"
#include "nemesis/linux/packet_path.h"
#include "node/base/ids.h"
#include "node/base/result.h"

namespace holdfast::nemesis {

// A thread of its own carries the packets, so that delays are exact whatever the harness does.
// The fate of the n-th packet of a direction depends on the seed, the direction and n alone; n
// goes on over changes of the shape.
class Shaper {
 public:
  // Make it when the first link is to be shaped.
  Shaper(std::unique_ptr<PacketPaths> paths, std::uint64_t seed);
  // Ends the shaping of every link.
  ~Shaper();

  // Takes effect before it returns. A shape that does nothing returns the direction to the kernel;
  // packets under way are sent at once.
  Result<> set(NodeId from, NodeId to, const LinkQuality& shape);
  // Over all shapes that the direction has had. One that stays at zero was never used.
  LinkCounts counts(NodeId from, NodeId to);

 private:
  using Direction = std::pair<NodeId, NodeId>;  // from, to

  Result<> begin(NodeId from, NodeId to);
  Result<> end(NodeId from, NodeId to);
  // The thread.
  void carry();
  std::int64_t carry_all(std::int64_t now_ns);  // says when it wants to be called again
  bool wait_until(std::int64_t ns);             // false: stop

  std::unique_ptr<PacketPaths> ways_;
  std::uint64_t seed_;
  Descriptor events_;  // an epoll: the paths and stop_
  Descriptor stop_;    // an eventfd
  std::mutex mutex_;   // over what follows; only the calling thread changes which paths there are
  std::map<Direction, DelayLine> lines_;  // of every direction that was ever shaped
  std::map<Direction, std::unique_ptr<PacketPath>> paths_;  // of those that are now
  std::vector<DelayLine::Packet> due_;
  std::thread thread_;
};

}  // namespace holdfast::nemesis
