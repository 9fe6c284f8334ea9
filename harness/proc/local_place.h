// A place on this machine: nodes are children of the harness, which share pages of memory with it.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "harness/proc/place.h"
#include "harness/proc/tether.h"

namespace holdfast::harness {

class LocalPlace : public Place {
 public:
  Result<> prepare(const PlaceSetup& setup) final;
  Host& host(NodeId node) final { return *hosts_[node]; }

  Result<> pass(Duration span) final;
  Result<> set_clock(NodeId node, Duration offset, std::int32_t drift_ppm) final;
  Duration clock_offset(NodeId node) const final { return tether_->clocks().offset(node); }
  Result<> set_disk(NodeId node, DiskMode mode) final;

 private:
  virtual Result<> prepare_network(std::uint16_t nodes) = 0;
  // The network namespace that the node's process enters; -1: the harness's own.
  virtual int network_fd(NodeId node) const = 0;

  std::optional<Tether> tether_;
  std::vector<std::unique_ptr<Host>> hosts_;
};

}  // namespace holdfast::harness
