#include "harness/sim/sim_faults.h"

#include "node/base/check.h"
#include "node/base/random.h"

namespace holdfast::harness {

SimFaults::SimFaults(std::uint64_t seed, std::vector<std::unique_ptr<SimNode>>& nodes,
                     Transport& transport)
    : seed_(seed), nodes_(nodes), transport_(transport) {}

SimNode& SimFaults::at(NodeId node) const {
  CHECK(node < nodes_.size());
  return *nodes_[node];
}

bool SimFaults::supports(nemesis::FaultKind) const { return true; }
bool SimFaults::is_running(NodeId node) const { return at(node).is_running(); }
bool SimFaults::is_paused(NodeId node) const { return at(node).is_paused(); }
void SimFaults::kill(NodeId node) { at(node).kill(); }
void SimFaults::stop(NodeId node) { at(node).begin_end(); }

void SimFaults::power_loss(NodeId node) {
  Random random(derive_seed(seed_, "power loss", node, at(node).power_losses()));
  const bool inside_step = random.chance(1, 2);
  // Steps make from a handful of calls to hundreds: all lengths are equally likely.
  const std::uint64_t calls = std::uint64_t{2} << random.below(7);
  const std::uint64_t call = 1 + random.below(calls);
  at(node).lose_power(inside_step ? call : 0);
}

void SimFaults::restart(NodeId node) {
  if (at(node).is_running()) return at(node).start_when_ended();
  (void)at(node).start();  // if the disk refuses, the node tries again by itself
}

void SimFaults::wipe(NodeId node) { at(node).wipe(); }
void SimFaults::pause(NodeId node) { at(node).pause(); }
void SimFaults::resume(NodeId node) { at(node).resume(); }

void SimFaults::cut(const std::vector<nemesis::Direction>& directions) {
  for (const auto& [from, to] : directions) transport_.network().set_cut(from, to, true);
}

void SimFaults::mend(const std::vector<nemesis::Direction>& directions) {
  for (const auto& [from, to] : directions) transport_.network().set_cut(from, to, false);
}
void SimFaults::set_link(NodeId from, NodeId to, const nemesis::LinkQuality& quality) {
  transport_.network().set_quality(from, to, quality);
}

void SimFaults::set_disk(NodeId node, nemesis::DiskFault fault) {
  if (fault == nemesis::DiskFault::bit_flip) {
    at(node).disk().flip_bit();  // one moment's fault; a lasting one goes on
  } else {
    at(node).disk().set_fault(fault);
  }
}

void SimFaults::set_clock(NodeId node, Duration offset, std::int32_t drift_ppm) {
  at(node).set_clock(offset, drift_ppm);
}

void SimFaults::set_slow(NodeId node, Duration stall) { at(node).set_stall(stall); }

}  // namespace holdfast::harness
