// The firewall of one network namespace: it drops what comes from blocked addresses, packets of
// established connections too, and counts it.
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
  // In the network namespace that the calling thread is in; the thread need not stay there.
  static Result<Firewall> make();

  // On a host that others use too: only TCP to and from that port vanishes, and the rules go with
  // this object, however its process ends.
  static Result<Firewall> make_for_port(std::uint16_t port);

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
