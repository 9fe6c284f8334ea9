// Cuts links between nodes, one direction of their messages at a time, where the packets arrive: in
// the destination's namespace, by the source's address. The harness reaches every node all the
// while.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "nemesis/faults.h"
#include "nemesis/linux/firewall.h"
#include "nemesis/linux/network.h"
#include "node/base/ids.h"
#include "node/base/result.h"

namespace holdfast::nemesis {

class Partitions {
 public:
  // Nodes hear each other at `peer_port`, on connections that who speaks has opened.
  static Result<Partitions> make(const Network& network, std::uint16_t peer_port);

  // What is sent in these directions vanishes, on established connections too. No effect on those
  // that are cut. One change of the kernel's rules for each destination.
  Result<> cut(const std::vector<Direction>& directions);
  // No effect on directions that are not cut.
  Result<> mend(const std::vector<Direction>& directions);

  // What has been dropped in this direction since the start, over all its cuts. A cut that added
  // nothing has cut nothing: no packet came that way.
  Result<Dropped> dropped(NodeId from, NodeId to) const;

 private:
  Partitions() = default;
  // The sources of those that are cut, or not cut, by destination.
  std::map<NodeId, std::vector<NodeId>> by_destination(const std::vector<Direction>& directions,
                                                       bool cut) const;
  std::vector<std::string> addresses_of(const std::vector<NodeId>& nodes) const;

  std::vector<std::string> addresses_;
  std::vector<Firewall> firewalls_;      // by destination
  std::set<Direction> cut_;              // now
  std::map<Direction, Dropped> before_;  // dropped by cuts that are mended
};

}  // namespace holdfast::nemesis
