// The firewall of one network namespace: it drops what comes from blocked addresses, packets of
// established connections too, and counts it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

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

  // From here on, what comes from the IPv4 address vanishes. REQUIRES: it is not blocked.
  Result<> block(const std::string& address);
  // REQUIRES: it is blocked.
  Result<> unblock(const std::string& address);
  Result<> unblock_all();
  // What was dropped since its blocking, for each blocked address.
  Result<std::map<std::string, Dropped>> dropped() const;

 private:
  explicit Firewall(Nftables nftables) : nftables_(std::move(nftables)) {}
  // Runs one command about the set of blocked addresses or its elements.
  Result<> change(const char* verb, const char* kind, nlohmann::json about);

  Nftables nftables_;
};

}  // namespace holdfast::nemesis
