// The links of the node on this host, an agent's: those to it are cut where packets arrive, those
// from it are made bad where they leave. Needs CAP_NET_ADMIN.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "nemesis/faults.h"
#include "nemesis/linux/firewall.h"
#include "nemesis/linux/shaper.h"
#include "node/base/ids.h"
#include "node/base/result.h"

namespace holdfast::harness {

class HostLinks {
 public:
  // `addresses` are the nodes'; peers listen on `peer_port`, and only what goes to that port is
  // cut, so that the harness and ssh go on.
  HostLinks(NodeId own, std::vector<std::string> addresses, std::uint16_t peer_port,
            std::uint64_t seed);

  // Why this host cannot do a fault of links, for each that it cannot do.
  const std::map<nemesis::FaultKind, std::string>& refused() const { return refused_; }

  // REQUIRES, all: the fault is not refused.
  // What comes from these nodes vanishes, or arrives again.
  Result<> cut(const std::vector<NodeId>& from);
  Result<> mend(const std::vector<NodeId>& from);
  // Packets that cuts have dropped since the start.
  Result<std::uint64_t> dropped(NodeId from) const;
  Result<> set_quality(NodeId to, const nemesis::LinkQuality& quality);

 private:
  NodeId own_;
  std::vector<std::string> addresses_;  // by node
  std::map<nemesis::FaultKind, std::string> refused_;
  std::optional<nemesis::Firewall> firewall_;
  std::unique_ptr<nemesis::Shaper> shaper_;
  std::set<NodeId> cut_;                    // now, by source
  std::map<NodeId, std::uint64_t> before_;  // dropped by cuts that are mended
};

}  // namespace holdfast::harness
