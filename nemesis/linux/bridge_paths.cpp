#include "nemesis/linux/bridge_paths.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "nemesis/linux/packet_tap.h"

namespace holdfast::nemesis {
namespace {

// Whether the node's interface may leave cutting into packets, and their checksums, to others.
Result<> let_offload(const Network& network, NodeId node, bool allowed) {
  const auto set_all = [&] {
    const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    for (const std::uint32_t what : {ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_STXCSUM}) {
      ethtool_value value{what, allowed};
      ifreq request{};
      std::strcpy(request.ifr_name, Network::interface());
      request.ifr_data = reinterpret_cast<char*>(&value);
      if (::ioctl(socket.get(), SIOCETHTOOL, &request) != 0) return errno;
    }
    return 0;
  };
  const int error = network.node_namespace(node).inside(set_all);
  if (error == 0) return {};
  return fail("cannot set offloads of " + node_name(node) +
              "'s interface: " + std::strerror(error));
}

}  // namespace

Result<> BridgePaths::try_out() {
  if (auto diversion = Diversion::make(); !diversion) return diversion.error();
  if (auto tap = PacketTap::open(0, 0); !tap) return tap.error();
  return {};
}

Result<std::unique_ptr<Shaper>> BridgePaths::make_shaper(const Network& network,
                                                         std::uint64_t seed) {
  auto diversion = Diversion::make();
  if (!diversion) return diversion.error();
  std::unique_ptr<PacketPaths> paths(new BridgePaths(network, std::move(diversion.value())));
  return std::make_unique<Shaper>(std::move(paths), seed);
}

Result<std::unique_ptr<PacketPath>> BridgePaths::open(NodeId from, NodeId to) {
  if (begun_[from] == 0) {
    if (auto set = let_offload(network_, from, false); !set) return set.error();
  }
  auto tap = PacketTap::open(from, to);
  if (!tap) return tap.error();
  return std::unique_ptr<PacketPath>(new PacketTap(std::move(tap.value())));
}

Result<> BridgePaths::begin(NodeId from, NodeId to) {
  if (auto begun = diversion_.begin(from, to); !begun) return begun;
  ++begun_[from];
  return {};
}

Result<> BridgePaths::end(NodeId from, NodeId to) {
  if (auto ended = diversion_.end(from, to); !ended) return ended;
  if (--begun_[from] != 0) return {};
  return let_offload(network_, from, true);
}

}  // namespace holdfast::nemesis
