// Faults of real processes, their disks, clocks and links.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/proc/cut_watch.h"
#include "harness/proc/member.h"
#include "harness/proc/place.h"
#include "nemesis/faults.h"
#include "node/core/config.h"

namespace holdfast::harness {

class RealFaults : public nemesis::Faults {
 public:
  using Members = std::vector<std::unique_ptr<Member>>;

  // Runs an action after a while.
  using After = std::function<void(Duration delay, std::function<void()> action)>;

  // `place` and `members` must outlive it; members may come later. `changed` is called when nodes
  // have something to notice; `failed` with what could not be done, in words. Actions that wait in
  // `after` must not run once this is gone.
  RealFaults(Place& place, const Members& members, std::uint64_t seed, const node::Config& config,
             After after, std::function<void()> changed, std::function<void(std::string)> failed);

  // Lets time pass on every node's clock.
  void pass(Duration span) { expect(place_.pass(span)); }
  // The node's process came or went.
  void disturb(NodeId node);

  bool supports(nemesis::FaultKind kind) const override;
  std::string why_unsupported(nemesis::FaultKind kind) const override {
    return place_.why_unsupported(kind);
  }
  bool is_running(NodeId node) const override { return members_[node]->is_running(); }
  bool is_paused(NodeId node) const override {
    return members_[node]->is_paused() && !stalled_.contains(node);
  }
  void kill(NodeId node) override;
  void stop(NodeId node) override;
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
  void expect(const Result<>& done);
  void stall(NodeId node, std::uint64_t episode);
  void go_on(NodeId node, std::uint64_t episode);
  std::uint64_t dropped(NodeId from, NodeId to);
  std::uint64_t draw(std::string_view purpose, NodeId node);

  Place& place_;
  const Members& members_;
  std::uint64_t seed_;
  After after_;
  std::function<void()> changed_;
  std::function<void(std::string)> failed_;
  CutWatch cuts_;
  std::uint64_t draws_ = 0;
  struct Slowness {
    Duration stall{0};
    std::uint64_t episode = 0;
  };
  std::map<NodeId, Slowness> slow_;
  std::set<NodeId> stalled_;  // stopped by their slowness, and by nothing else
  std::uint64_t episodes_ = 0;
};

}  // namespace holdfast::harness
