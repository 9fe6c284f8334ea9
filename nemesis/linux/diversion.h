// Takes packets of chosen directions between nodes off the bridge's path. Packet sockets on the
// source's port see them all the same, before they are dropped; all other packets pass as ever.
#pragma once

#include <utility>

#include "nemesis/linux/nftables.h"
#include "node/base/ids.h"
#include "node/base/result.h"

namespace holdfast::nemesis {

class Diversion {
 public:
  // In the sandbox's own network namespace.
  static Result<Diversion> make();

  // REQUIRES: not diverted.
  Result<> begin(NodeId from, NodeId to) { return change("add", from, to); }
  // REQUIRES: diverted.
  Result<> end(NodeId from, NodeId to) { return change("delete", from, to); }

 private:
  explicit Diversion(Nftables nftables) : nftables_(std::move(nftables)) {}
  Result<> change(const char* verb, NodeId from, NodeId to);

  Nftables nftables_;
};

}  // namespace holdfast::nemesis
