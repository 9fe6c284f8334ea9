// The faults in effect now. Several may overlap on one node or link: each holds it, and it is
// released with the last. Healing releases everything.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "nemesis/faults.h"

namespace holdfast::nemesis {

class Effects {
 public:
  Effects(Faults& faults, std::uint16_t nodes) : faults_(faults), nodes_(nodes) {}

  std::uint16_t nodes() const { return nodes_; }

  // A node stays down while anything holds it down. `how`: kill, power_loss or wipe.
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

  // Undoes everything and starts every node that is down.
  void heal();

 private:
  Faults& faults_;
  std::uint16_t nodes_;
  std::map<NodeId, int> down_;
  std::map<NodeId, int> paused_;
  std::map<Direction, int> cuts_;
  std::map<Direction, std::vector<LinkQuality>> links_;
  std::map<NodeId, std::vector<DiskFault>> disks_;
  std::map<NodeId, std::vector<ClockError>> clocks_;
  std::map<NodeId, std::vector<Duration>> slow_;
};

}  // namespace holdfast::nemesis
