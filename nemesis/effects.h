// The faults in effect now. Several may overlap on one node or link: each holds it, and it is
// released with the last. Healing releases everything.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "nemesis/cluster_view.h"
#include "nemesis/faults.h"

namespace holdfast::nemesis {

class Effects {
 public:
  explicit Effects(ClusterView& view) : view_(view), faults_(view.faults()), nodes_(view.size()) {}

  std::uint16_t nodes() const { return nodes_; }

  // A node stays down while anything holds it down. `how`: stop, kill, power_loss or wipe.
  void hold_down(NodeId node, FaultKind how);
  void release_down(NodeId node);
  void bounce(NodeId node);  // dies and starts again at once, unless it is held down

  void hold_paused(NodeId node);
  void release_paused(NodeId node);

  void hold_cuts(const std::vector<Direction>& directions);
  void release_cuts(const std::vector<Direction>& directions);

  // The latest one counts while there are several.
  void hold_link(NodeId from, NodeId to, const LinkQuality& quality);
  void release_link(NodeId from, NodeId to, const LinkQuality& quality);
  void hold_disk(NodeId node, DiskFault fault);
  void release_disk(NodeId node, DiskFault fault);
  struct ClockError {
    Duration offset{0};
    std::int32_t drift_ppm = 0;
    bool operator==(const ClockError&) const = default;
  };
  void hold_clock(NodeId node, ClockError error);
  void release_clock(NodeId node, ClockError error);
  void hold_slow(NodeId node, Duration stall);
  void release_slow(NodeId node, Duration stall);

  // What operators do, at once, or for as long as anybody holds it.
  void operate(NodeId node, const OperatorAction& action) { view_.operate(node, action); }
  void hold_action(NodeId node, const OperatorAction& action);
  void release_action(NodeId node, const OperatorAction& action);

  // Undoes everything and starts every node that is down.
  void heal();

 private:
  ClusterView& view_;
  Faults& faults_;
  std::uint16_t nodes_;
  std::map<NodeId, int> down_;
  std::map<NodeId, int> paused_;
  std::map<Direction, int> cuts_;
  std::map<Direction, std::vector<LinkQuality>> links_;
  std::map<NodeId, std::vector<DiskFault>> disks_;
  std::map<NodeId, std::vector<ClockError>> clocks_;
  std::map<NodeId, std::vector<Duration>> slow_;
  std::map<std::pair<NodeId, OperatorAction>, int> actions_;
};

}  // namespace holdfast::nemesis
