#include "harness/ssh/host_links.h"

#include <utility>

#include "nemesis/linux/tunnel_paths.h"

namespace holdfast::harness {

using nemesis::FaultKind;

HostLinks::HostLinks(NodeId own, std::vector<std::string> addresses, std::uint16_t peer_port,
                     std::uint64_t seed)
    : own_(own), addresses_(std::move(addresses)) {
  auto firewall = nemesis::Firewall::make(peer_port);
  if (firewall) {
    firewall_.emplace(std::move(firewall.value()));
  } else {
    refused_[FaultKind::partition] = firewall.error().message;
  }
  auto paths = nemesis::TunnelPaths::make(own_, addresses_);
  if (paths) {
    shaper_ = std::make_unique<nemesis::Shaper>(std::move(paths.value()), seed);
  } else {
    refused_[FaultKind::link] = paths.error().message;
  }
}

Result<> HostLinks::cut(const std::vector<NodeId>& from) {
  std::vector<std::string> blocked;
  for (const NodeId node : from) {
    if (cut_.insert(node).second) blocked.push_back(addresses_[node]);
  }
  return blocked.empty() ? Result<>() : firewall_->block(blocked);
}

Result<> HostLinks::mend(const std::vector<NodeId>& from) {
  std::vector<NodeId> mended;
  std::vector<std::string> open;
  for (const NodeId node : from) {
    if (cut_.erase(node) == 0) continue;
    mended.push_back(node);
    open.push_back(addresses_[node]);
  }
  if (open.empty()) return {};
  const auto counters = firewall_->unblock(open);
  if (!counters) return counters.error();
  for (std::size_t i = 0; i < mended.size(); ++i) before_[mended[i]] += (*counters)[i].packets;
  return {};
}

Result<std::uint64_t> HostLinks::dropped(NodeId from) const {
  const auto before = before_.find(from);
  const std::uint64_t sum = before == before_.end() ? 0 : before->second;
  if (!cut_.contains(from)) return sum;
  const auto counters = firewall_->dropped();
  if (!counters) return counters.error();
  const auto counter = counters->find(addresses_[from]);
  if (counter == counters->end()) return fail("the cut of " + addresses_[from] + " is gone");
  return sum + counter->second.packets;
}

Result<> HostLinks::set_quality(NodeId to, const nemesis::LinkQuality& quality) {
  return shaper_->set(own_, to, quality);
}

}  // namespace holdfast::harness
