// The faults of a simulated cluster: all there are.
#pragma once

#include <memory>
#include <vector>

#include "harness/sim/sim_node.h"
#include "harness/sim/transport.h"
#include "nemesis/faults.h"

namespace holdfast::harness {

class SimFaults : public nemesis::Faults {
 public:
  // The nodes may be filled in later.
  SimFaults(std::uint64_t seed, std::vector<std::unique_ptr<SimNode>>& nodes, Transport& transport);

  bool supports(nemesis::FaultKind kind) const override;
  bool is_running(NodeId node) const override;
  bool is_paused(NodeId node) const override;
  void kill(NodeId node) override;
  void stop(NodeId node) override;
  // Half of all power losses strike inside the step that takes what is under way to the node, at
  // a call of the disk drawn from the seed; the others between two steps.
  void power_loss(NodeId node) override;
  void restart(NodeId node) override;
  void wipe(NodeId node) override;
  void pause(NodeId node) override;
  void resume(NodeId node) override;
  void cut(const std::vector<nemesis::Direction>& directions) override;
  void mend(const std::vector<nemesis::Direction>& directions) override;
  void set_link(NodeId from, NodeId to, const nemesis::LinkQuality& quality) override;
  void set_disk(NodeId node, nemesis::DiskFault fault) override;
  void set_clock(NodeId node, Duration offset, std::int32_t drift_ppm) override;
  void set_slow(NodeId node, Duration stall) override;

 private:
  SimNode& at(NodeId node) const;

  std::uint64_t seed_;
  std::vector<std::unique_ptr<SimNode>>& nodes_;
  Transport& transport_;
};

}  // namespace holdfast::harness
