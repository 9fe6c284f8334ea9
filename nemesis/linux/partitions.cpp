#include "nemesis/linux/partitions.h"

namespace holdfast::nemesis {

Result<Partitions> Partitions::make(const Network& network) {
  Partitions partitions;
  for (NodeId node = 0; node < network.size(); ++node) {
    auto firewall = network.node_namespace(node).inside([] { return Firewall::make(); });
    if (!firewall) return firewall.error();
    partitions.firewalls_.push_back(std::move(firewall.value()));
    partitions.addresses_.push_back(network.address(node));
  }
  return partitions;
}

Result<> Partitions::cut(NodeId from, NodeId to) {
  if (cut_.contains({to, from})) return {};
  if (auto blocked = firewalls_[to].block(addresses_[from]); !blocked) return blocked;
  cut_.insert({to, from});
  return {};
}

Result<> Partitions::mend(NodeId from, NodeId to) {
  if (!cut_.contains({to, from})) return {};
  const auto dropped = firewalls_[to].dropped();
  if (!dropped) return dropped.error();
  if (auto open = firewalls_[to].unblock(addresses_[from]); !open) return open;
  before_[{to, from}] += dropped.value().at(addresses_[from]);
  cut_.erase({to, from});
  return {};
}

Result<> Partitions::heal_all() {
  while (!cut_.empty()) {
    const NodeId to = cut_.begin()->first;
    const auto dropped = firewalls_[to].dropped();
    if (!dropped) return dropped.error();
    if (auto open = firewalls_[to].unblock_all(); !open) return open;
    while (!cut_.empty() && cut_.begin()->first == to) {
      before_[*cut_.begin()] += dropped.value().at(addresses_[cut_.begin()->second]);
      cut_.erase(cut_.begin());
    }
  }
  return {};
}

Result<Dropped> Partitions::dropped(NodeId from, NodeId to) const {
  Dropped sum;
  if (const auto it = before_.find({to, from}); it != before_.end()) sum = it->second;
  if (!cut_.contains({to, from})) return sum;
  const auto now = firewalls_[to].dropped();
  if (!now) return now.error();
  sum += now.value().at(addresses_[from]);
  return sum;
}

}  // namespace holdfast::nemesis
