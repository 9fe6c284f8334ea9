#include "node/core/failure_detector.h"

#include <algorithm>

namespace holdfast::node {

FailureDetector::FailureDetector(std::uint16_t members, NodeId self, Duration heartbeat_interval,
                                 Duration timeout, SteadyTime now, bool guard_pauses)
    : self_(self),
      heartbeat_interval_(heartbeat_interval),
      timeout_(timeout),
      guard_pauses_(guard_pauses),
      last_tick_(now),
      peers_(members, Peer{true, now}) {}

bool FailureDetector::heard(NodeId peer, SteadyTime now) {
  Peer& entry = peers_[peer];
  entry.last_heard = now;
  const bool came_up = !entry.up;
  entry.up = true;
  return came_up;
}

void FailureDetector::tick(SteadyTime now, std::vector<NodeId>& down) {
  const Duration slept = now - last_tick_ - heartbeat_interval_;
  last_tick_ = now;
  const bool paused = guard_pauses_ && slept > timeout_ / 2;
  for (NodeId peer = 0; peer < peers_.size(); ++peer) {
    if (peer == self_ || !peers_[peer].up) continue;
    // What waited while this node slept was heard just now.
    if (paused) peers_[peer].last_heard = std::min(peers_[peer].last_heard + slept, now);
    if (now - peers_[peer].last_heard < timeout_) continue;
    peers_[peer].up = false;
    down.push_back(peer);
  }
}

Duration FailureDetector::silent_for(NodeId peer, SteadyTime now) const {
  return peer == self_ ? Duration{0} : now - peers_[peer].last_heard;
}

}  // namespace holdfast::node
