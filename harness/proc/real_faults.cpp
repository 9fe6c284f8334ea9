#include "harness/proc/real_faults.h"

#include <utility>

#include "checkers/fault_effects.h"
#include "harness/proc/monotonic.h"
#include "node/base/random.h"

namespace holdfast::harness {
namespace {

using nemesis::DiskFault;
using nemesis::FaultKind;

DiskMode mode_of(DiskFault fault) {
  switch (fault) {
    case DiskFault::io_error:
      return DiskMode::io_error;
    case DiskFault::full:
      return DiskMode::full;
    case DiskFault::slow_sync:
      return DiskMode::slow_sync;
    case DiskFault::none:
    case DiskFault::bit_flip:
      break;
  }
  return DiskMode::works;
}

}  // namespace

RealFaults::RealFaults(Place& place, const Members& members, std::uint64_t seed,
                       const node::Config& config, After after, std::function<void()> changed,
                       std::function<void(std::string)> failed)
    : place_(place),
      members_(members),
      seed_(seed),
      after_(std::move(after)),
      changed_(std::move(changed)),
      failed_(std::move(failed)),
      cuts_(config.failure_timeout + config.heartbeat_interval) {}

bool RealFaults::supports(FaultKind kind) const {
  if (kind == FaultKind::partition || kind == FaultKind::link) return place_.supports(kind);
  return true;
}

void RealFaults::disturb(NodeId node) {
  cuts_.disturb(node);
  changed_();
}

void RealFaults::expect(const Result<>& done) {
  if (!done) failed_(done.error().message);
}

std::uint64_t RealFaults::draw(std::string_view purpose, NodeId node) {
  return derive_seed(seed_, purpose, node, draws_++);
}

// ---- Processes -------------------------------------------------------------------------------

void RealFaults::kill(NodeId node) {
  stalled_.erase(node);
  disturb(node);
  expect(members_[node]->kill());
}

void RealFaults::power_loss(NodeId node) {
  stalled_.erase(node);
  disturb(node);
  expect(members_[node]->lose_power(draw("power loss", node)));
}

void RealFaults::stop(NodeId node) {
  constexpr auto kMost =
      std::chrono::duration_cast<std::chrono::milliseconds>(checkers::FaultEffects::kEndsWithin);
  disturb(node);
  expect(members_[node]->stop(kMost));
}

void RealFaults::restart(NodeId node) {
  if (is_running(node)) {
    return members_[node]->start_when_ended([this, node](const Result<>& started) {
      disturb(node);
      if (!started) failed_(node_name(node) + ": " + started.error().message);
    });
  }
  disturb(node);
  const Result<> started = members_[node]->start();
  if (!started) failed_(node_name(node) + ": " + started.error().message);
}

void RealFaults::wipe(NodeId node) {
  kill(node);
  expect(members_[node]->wipe());
}

void RealFaults::pause(NodeId node) {
  disturb(node);
  if (stalled_.erase(node) == 0) expect(members_[node]->pause());
}

void RealFaults::resume(NodeId node) {
  disturb(node);
  expect(members_[node]->resume());
}

// ---- Links -----------------------------------------------------------------------------------

void RealFaults::cut(const std::vector<nemesis::Direction>& directions) {
  changed_();
  for (const auto& [from, to] : directions) {
    if (cuts_.is_cut(from, to)) continue;
    cuts_.begin(from, to, monotonic_ns(), dropped(from, to));
    for (const NodeId node : {from, to}) {
      if (!is_running(node) || is_paused(node)) cuts_.disturb(node);
    }
  }
  expect(place_.cut(directions));
}

void RealFaults::mend(const std::vector<nemesis::Direction>& directions) {
  changed_();
  expect(place_.mend(directions));
  for (const auto& [from, to] : directions) {
    if (!cuts_.is_cut(from, to)) continue;
    const std::uint64_t packets = dropped(from, to);
    if (auto wrong = cuts_.end(from, to, monotonic_ns(), packets)) failed_(std::move(*wrong));
  }
}

std::uint64_t RealFaults::dropped(NodeId from, NodeId to) {
  const auto packets = place_.dropped(from, to);
  if (packets) return packets.value();
  failed_(packets.error().message);
  return 0;
}

void RealFaults::set_link(NodeId from, NodeId to, const nemesis::LinkQuality& quality) {
  expect(place_.set_link(from, to, quality));
}

// ---- Disks and clocks ------------------------------------------------------------------------

void RealFaults::set_disk(NodeId node, DiskFault fault) {
  if (fault == DiskFault::bit_flip) {
    return expect(members_[node]->flip_bit(draw("bit flip", node)));
  }
  expect(place_.set_disk(node, mode_of(fault)));
}

void RealFaults::set_clock(NodeId node, Duration offset, std::int32_t drift_ppm) {
  expect(place_.set_clock(node, offset, drift_ppm));
}

// ---- Slowness --------------------------------------------------------------------------------

// A slow process stands still for a while, runs for a moment, and so on (Jepsen's hammer-time).
void RealFaults::set_slow(NodeId node, Duration stall) {
  disturb(node);
  if (stall == Duration{0}) {
    slow_.erase(node);
    if (stalled_.erase(node) > 0) expect(members_[node]->resume());
    return;
  }
  const std::uint64_t episode = ++episodes_;
  const bool stands = stalled_.contains(node);
  slow_[node] = {stall, episode};
  if (stands) return after_(stall, [=, this] { go_on(node, episode); });
  this->stall(node, episode);
}

void RealFaults::stall(NodeId node, std::uint64_t episode) {
  const auto found = slow_.find(node);
  if (found == slow_.end() || found->second.episode != episode) return;
  if (is_running(node) && !is_paused(node)) {
    stalled_.insert(node);
    expect(members_[node]->pause());
  }
  after_(found->second.stall, [=, this] { go_on(node, episode); });
}

void RealFaults::go_on(NodeId node, std::uint64_t episode) {
  constexpr Duration kTurn = std::chrono::milliseconds(5);
  const auto found = slow_.find(node);
  if (found == slow_.end() || found->second.episode != episode) return;
  if (stalled_.erase(node) > 0) expect(members_[node]->resume());
  after_(kTurn, [=, this] { stall(node, episode); });
}

}  // namespace holdfast::harness
