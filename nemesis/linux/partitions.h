// Cuts links between nodes, one direction at a time, where the packets arrive: in the destination's
// namespace, by the source's address. The harness reaches every node all the while.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "nemesis/linux/firewall.h"
#include "nemesis/linux/network.h"
#include "node/base/ids.h"
#include "node/base/result.h"

namespace holdfast::nemesis {

class Partitions {
 public:
  static Result<Partitions> make(const Network& network);

  // What `from` sends to `to` vanishes, on established connections too. No effect if it does.
  Result<> cut(NodeId from, NodeId to);
  // No effect on a direction that is not cut.
  Result<> mend(NodeId from, NodeId to);
  Result<> heal_all();

  // What has been dropped in this direction since the start, over all its cuts. A cut that added
  // nothing has cut nothing: no packet came that way.
  Result<Dropped> dropped(NodeId from, NodeId to) const;

 private:
  using Direction = std::pair<NodeId, NodeId>;  // to, from: a destination's stand together

  Partitions() = default;

  std::vector<std::string> addresses_;
  std::vector<Firewall> firewalls_;      // by destination
  std::set<Direction> cut_;              // now
  std::map<Direction, Dropped> before_;  // dropped by cuts that are mended
};

}  // namespace holdfast::nemesis
