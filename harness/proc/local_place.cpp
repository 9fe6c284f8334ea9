#include "harness/proc/local_place.h"

#include <utility>

#include "harness/proc/local_host.h"

namespace holdfast::harness {

Result<> LocalPlace::prepare(const PlaceSetup& setup) {
  if (auto prepared = prepare_network(setup.nodes); !prepared) return prepared;
  auto tether = Tether::make();
  if (!tether) return tether.error();
  hosts_.clear();
  tether_.emplace(std::move(tether.value()));
  for (NodeId node = 0; node < setup.nodes; ++node) {
    LocalHostSetup host{setup.node_program, setup.folder / "nodes" / node_name(node),
                        network_fd(node), setup.keep_data};
    if (setup.janitor != nullptr && !setup.keep_data) {
      setup.janitor->mind(host.folder / "data");
      setup.janitor->mind(host.folder / kEventLog);
    }
    hosts_.push_back(std::make_unique<LocalHost>(setup.context, *tether_, std::move(host)));
  }
  return {};
}

Result<> LocalPlace::pass(Duration span) {
  tether_->clocks().pass(span);
  return {};
}

Result<> LocalPlace::set_clock(NodeId node, Duration offset, std::int32_t drift_ppm) {
  tether_->clocks().set(node, offset, drift_ppm);
  return {};
}

Result<> LocalPlace::set_disk(NodeId node, DiskMode mode) {
  tether_->disks().set(node, mode);
  return {};
}

}  // namespace holdfast::harness
