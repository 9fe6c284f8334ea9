// A node's firewall, in the network namespace it lives in: it drops what blocked addresses send to
// the port at which the node hears its peers, packets of established connections too, and counts
// it.
//
// Only what goes *to* the port. A connection that the node opened itself leads to the other's port,
// and carries its messages only if their acknowledgements come back: dropped with all the rest,
// they would end it within a second, and no cut would ever be one way.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "nemesis/linux/nftables.h"
#include "node/base/result.h"

namespace holdfast::nemesis {

struct Dropped {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;

  Dropped& operator+=(const Dropped& more) {
    packets += more.packets;
    bytes += more.bytes;
    return *this;
  }
};

class Firewall {
 public:
  // In the network namespace that the calling thread is in; the thread need not stay there. Others
  // may use it too: the rules are for TCP to that port alone, and go with this object, however its
  // process ends.
  static Result<Firewall> make(std::uint16_t peer_port);

  // From here on, what comes from these IPv4 addresses vanishes. REQUIRES: they are not blocked.
  Result<> block(const std::vector<std::string>& addresses);
  // Returns what was dropped since the blocking, for each. REQUIRES: they are blocked.
  Result<std::vector<Dropped>> unblock(const std::vector<std::string>& addresses);
  // What was dropped since its blocking, for each blocked address.
  Result<std::map<std::string, Dropped>> dropped() const;

 private:
  explicit Firewall(Nftables nftables) : nftables_(std::move(nftables)) {}

  Nftables nftables_;
};

}  // namespace holdfast::nemesis
