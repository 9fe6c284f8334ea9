// Which peers are up: those heard from within the failure timeout.
//
// A node that was paused itself (SIGSTOP, a long stall) has heard nobody, and must not convict
// everybody for it (CASSANDRA-9183): the time it slept is not counted as the peers' silence.
#pragma once

#include <vector>

#include "node/base/ids.h"
#include "node/base/time.h"

namespace holdfast::node {

class FailureDetector {
 public:
  // At start every peer counts as up and as just heard.
  FailureDetector(std::uint16_t members, NodeId self, Duration heartbeat_interval, Duration timeout,
                  SteadyTime now, bool guard_pauses = true);

  // Anything came from `peer`. True if that brought it up.
  bool heard(NodeId peer, SteadyTime now);
  // Appends the peers that fell silent to `down`. Call it at least every heartbeat interval.
  void tick(SteadyTime now, std::vector<NodeId>& down);

  bool is_up(NodeId node) const { return peers_[node].up; }
  Duration silent_for(NodeId peer, SteadyTime now) const;

 private:
  struct Peer {
    bool up = true;
    SteadyTime last_heard;
  };

  NodeId self_;
  Duration heartbeat_interval_;
  Duration timeout_;
  bool guard_pauses_;
  SteadyTime last_tick_;
  std::vector<Peer> peers_;
};

}  // namespace holdfast::node
