// The firewall of one network namespace: it drops what comes from blocked addresses, packets of
// established connections too, and counts it. One nftables table, named holdfast.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "node/base/result.h"

struct nft_ctx;

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
  struct Close {
    void operator()(nft_ctx* context) const;
  };

  explicit Firewall(std::unique_ptr<nft_ctx, Close> context) : context_(std::move(context)) {}
  // Runs commands as one transaction; returns what the kernel's answer says, in JSON.
  Result<std::string> run(const std::string& commands) const;
  Result<> change(const char* verb, const std::string& address);

  std::unique_ptr<nft_ctx, Close> context_;
};

}  // namespace holdfast::nemesis
