// Faults of real processes, their disks, clocks and links.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
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

  // `place` and `members` must outlive it; members may come later. `changed` is called when nodes
  // have something to notice; `failed` with what could not be done, in words.
  RealFaults(Place& place, const Members& members, std::uint64_t seed, const node::Config& config,
             std::function<void()> changed, std::function<void(std::string)> failed);

  // Lets time pass on every node's clock.
  void pass(Duration span) { expect(place_.pass(span)); }
  // The node's process came or went.
  void disturb(NodeId node);

  bool supports(nemesis::FaultKind kind) const override;
  std::string why_unsupported(nemesis::FaultKind kind) const override {
    return place_.why_unsupported(kind);
  }
  bool is_running(NodeId node) const override { return members_[node]->is_running(); }
  bool is_paused(NodeId node) const override { return members_[node]->is_paused(); }
  void kill(NodeId node) override;
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

 private:
  void expect(const Result<>& done);
  std::uint64_t dropped(NodeId from, NodeId to);
  std::uint64_t draw(std::string_view purpose, NodeId node);

  Place& place_;
  const Members& members_;
  std::uint64_t seed_;
  std::function<void()> changed_;
  std::function<void(std::string)> failed_;
  CutWatch cuts_;
  std::uint64_t draws_ = 0;
};

}  // namespace holdfast::harness
