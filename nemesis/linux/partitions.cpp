#include "nemesis/linux/partitions.h"

namespace holdfast::nemesis {

Result<Partitions> Partitions::make(const Network& network, std::uint16_t peer_port) {
  Partitions partitions;
  for (NodeId node = 0; node < network.size(); ++node) {
    auto firewall = network.node_namespace(node).inside([&] { return Firewall::make(peer_port); });
    if (!firewall) return firewall.error();
    partitions.firewalls_.push_back(std::move(firewall.value()));
    partitions.addresses_.push_back(network.address(node));
  }
  return partitions;
}

Result<> Partitions::cut(const std::vector<Direction>& directions) {
  for (const auto& [to, sources] : by_destination(directions, false)) {
    if (auto blocked = firewalls_[to].block(addresses_of(sources)); !blocked) return blocked;
    for (const NodeId from : sources) cut_.insert({from, to});
  }
  return {};
}

Result<> Partitions::mend(const std::vector<Direction>& directions) {
  for (const auto& [to, sources] : by_destination(directions, true)) {
    const auto dropped = firewalls_[to].unblock(addresses_of(sources));
    if (!dropped) return dropped.error();
    for (std::size_t i = 0; i < sources.size(); ++i) {
      before_[{sources[i], to}] += dropped.value()[i];
      cut_.erase({sources[i], to});
    }
  }
  return {};
}

std::map<NodeId, std::vector<NodeId>> Partitions::by_destination(
    const std::vector<Direction>& directions, bool cut) const {
  std::set<Direction> chosen;
  for (const Direction& direction : directions) {
    if (cut_.contains(direction) == cut) chosen.insert(direction);
  }
  std::map<NodeId, std::vector<NodeId>> sources;
  for (const auto& [from, to] : chosen) sources[to].push_back(from);
  return sources;
}

std::vector<std::string> Partitions::addresses_of(const std::vector<NodeId>& nodes) const {
  std::vector<std::string> addresses;
  for (const NodeId node : nodes) addresses.push_back(addresses_[node]);
  return addresses;
}

Result<Dropped> Partitions::dropped(NodeId from, NodeId to) const {
  Dropped sum;
  if (const auto it = before_.find({from, to}); it != before_.end()) sum = it->second;
  if (!cut_.contains({from, to})) return sum;
  const auto now = firewalls_[to].dropped();
  if (!now) return now.error();
  sum += now.value().at(addresses_[from]);
  return sum;
}

}  // namespace holdfast::nemesis
