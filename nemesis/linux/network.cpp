#include "nemesis/linux/network.h"

#include <arpa/inet.h>
#include <linux/if.h>
#include <netlink/addr.h>
#include <netlink/cache.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/veth.h>
#include <netlink/route/route.h>
#include <netlink/socket.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

#include "nemesis/linux/netlink.h"
#include "node/base/check.h"

namespace holdfast::nemesis {
namespace {

constexpr const char* kBridge = "holdfast";
constexpr int kPrefix = 24;
constexpr std::uint32_t kHarnessHost = 254;
constexpr int kLoopbackIndex = 1;  // in every network namespace

// For tests between networks (RFC 2544), so hardly ever used; then some private ones.
constexpr std::uint32_t kRanges[] = {0xc6120000, 0xc6124d00, 0xc613ff00, 0x0ad94d00,
                                     0xac1f4d00, 0xc0a8d900, 0x64407b00};

std::string dotted(std::uint32_t address) {
  char text[INET_ADDRSTRLEN];
  const in_addr in{htonl(address)};
  ::inet_ntop(AF_INET, &in, text, sizeof text);
  return text;
}

using Link = std::unique_ptr<rtnl_link, Free<rtnl_link_put>>;
using VethLink = std::unique_ptr<rtnl_link, Free<rtnl_link_veth_release>>;
using InterfaceAddress = std::unique_ptr<rtnl_addr, Free<rtnl_addr_put>>;
using Cache = std::unique_ptr<nl_cache, Free<nl_cache_free>>;

// A connection to the kernel, about the network namespace that it was opened in.
class RouteSocket {
 public:
  RouteSocket() : socket_(nl_socket_alloc()) {
    CHECK(socket_ != nullptr);
    error_ = nl_connect(socket_.get(), NETLINK_ROUTE);
  }

  Result<> opened() const { return said(error_, "talk to the kernel about links"); }
  nl_sock* get() const { return socket_.get(); }

  Result<> add(rtnl_link* link, const std::string& name) const {
    return said(rtnl_link_add(get(), link, NLM_F_CREATE | NLM_F_EXCL), "make link " + name);
  }
  Result<> raise(int index) const {
    const Link change(rtnl_link_alloc());
    rtnl_link_set_ifindex(change.get(), index);
    rtnl_link_set_flags(change.get(), IFF_UP);
    return said(rtnl_link_change(get(), change.get(), change.get(), 0), "raise a link");
  }
  Result<int> index_of(const char* name) const {
    const auto link = find(name);
    if (!link) return link.error();
    return rtnl_link_get_ifindex(link.value().get());
  }
  Result<bool> is_up(const char* name) const {
    const auto link = find(name);
    if (!link) return link.error();
    return rtnl_link_get_operstate(link.value().get()) == IF_OPER_UP;
  }
  Result<> add_address(int index, std::uint32_t address) const {
    const std::uint32_t bytes = htonl(address);
    const NetlinkAddress local(nl_addr_build(AF_INET, &bytes, sizeof bytes));
    nl_addr_set_prefixlen(local.get(), kPrefix);
    const InterfaceAddress added(rtnl_addr_alloc());
    rtnl_addr_set_ifindex(added.get(), index);
    rtnl_addr_set_local(added.get(), local.get());
    return said(rtnl_addr_add(get(), added.get(), 0), "set address " + dotted(address));
  }

 private:
  Result<Link> find(const char* name) const {
    rtnl_link* found = nullptr;
    const int error = rtnl_link_get_kernel(get(), 0, name, &found);
    if (error < 0) return fail(std::string("cannot find link ") + name + ": " + nl_geterror(error));
    return Link(found);
  }

  NetlinkSocket socket_;
  int error_ = 0;
};

// Whether a route (but a default one) and the range have an address in common.
bool overlaps(rtnl_route* route, std::uint32_t range) {
  nl_addr* const destination = rtnl_route_get_dst(route);
  const unsigned bits = nl_addr_get_prefixlen(destination);
  if (bits == 0 || nl_addr_get_len(destination) != sizeof(std::uint32_t)) return false;
  std::uint32_t first = 0;
  __builtin_memcpy(&first, nl_addr_get_binary_addr(destination), sizeof first);
  const std::uint32_t mask = ~std::uint32_t{0} << (32 - std::min<unsigned>(bits, kPrefix));
  return ((ntohl(first) ^ range) & mask) == 0;
}

Result<std::uint32_t> free_range(const RouteSocket& socket) {
  nl_cache* read = nullptr;
  const int error = rtnl_route_alloc_cache(socket.get(), AF_INET, 0, &read);
  if (error < 0) return fail(std::string("cannot read the routes: ") + nl_geterror(error));
  const Cache routes(read);
  for (const std::uint32_t range : kRanges) {
    bool taken = false;
    for (nl_object* it = nl_cache_get_first(routes.get()); it; it = nl_cache_get_next(it)) {
      taken |= overlaps(reinterpret_cast<rtnl_route*>(it), range);
    }
    if (!taken) return range;
  }
  return fail("every range of addresses for nodes is taken by a route of this machine");
}

Result<int> make_bridge(const RouteSocket& socket, std::uint32_t address) {
  const Link bridge(rtnl_link_alloc());
  rtnl_link_set_name(bridge.get(), kBridge);
  rtnl_link_set_type(bridge.get(), "bridge");
  rtnl_link_set_flags(bridge.get(), IFF_UP);
  if (auto made = socket.add(bridge.get(), kBridge); !made) return made.error();
  auto index = socket.index_of(kBridge);
  if (!index) return index.error();
  if (auto set = socket.add_address(index.value(), address); !set) return set.error();
  return index;
}

Result<> make_pair(const RouteSocket& socket, int bridge, NodeId node, int namespace_fd) {
  const VethLink port(rtnl_link_veth_alloc());
  rtnl_link_set_name(port.get(), Network::port(node).c_str());
  rtnl_link_set_master(port.get(), bridge);
  rtnl_link_set_flags(port.get(), IFF_UP);
  const Link peer(rtnl_link_veth_get_peer(port.get()));
  const MacAddress mac = Network::mac_address(node);
  const NetlinkAddress hardware(nl_addr_build(AF_LLC, mac.data(), mac.size()));
  rtnl_link_set_name(peer.get(), Network::interface());
  rtnl_link_set_addr(peer.get(), hardware.get());
  rtnl_link_set_ns_fd(peer.get(), namespace_fd);
  return socket.add(port.get(), Network::port(node));
}

// In the node's namespace.
Result<> configure_node(std::uint32_t address) {
  const RouteSocket socket;
  if (auto opened = socket.opened(); !opened) return opened;
  if (auto raised = socket.raise(kLoopbackIndex); !raised) return raised;
  const auto index = socket.index_of(Network::interface());
  if (!index) return index.error();
  if (auto set = socket.add_address(index.value(), address); !set) return set;
  return socket.raise(index.value());
}

// The kernel tells the bridge with a delay, of up to a second, that a port's other end is up; until
// then it passes nothing on.
Result<> await_port(const RouteSocket& socket, const std::string& port) {
  for (int tried = 0; tried < 3000; ++tried) {
    const auto up = socket.is_up(port.c_str());
    if (!up) return up.error();
    if (up.value()) return {};
    ::usleep(1000);
  }
  return fail("link " + port + " does not come up");
}

}  // namespace

Result<Network> Network::make(std::uint16_t nodes) {
  CHECK(nodes <= kMostNodes);
  const RouteSocket socket;
  if (auto opened = socket.opened(); !opened) return opened.error();
  const auto range = free_range(socket);
  if (!range) return range.error();
  Network network(range.value());
  const auto bridge = make_bridge(socket, network.first_address_ + kHarnessHost);
  if (!bridge) return bridge.error();
  for (NodeId node = 0; node < nodes; ++node) {
    auto made = NetworkNamespace::make();
    if (!made) return made.error();
    if (auto pair = make_pair(socket, bridge.value(), node, made.value().fd()); !pair) {
      return pair.error();
    }
    const std::uint32_t address = network.first_address_ + node + 1;
    auto configured = made.value().inside([&] { return configure_node(address); });
    if (!configured) return configured.error();
    network.namespaces_.push_back(std::move(made.value()));
  }
  for (NodeId node = 0; node < nodes; ++node) {
    if (auto up = await_port(socket, port(node)); !up) return up.error();
  }
  return network;
}

std::string Network::range() const {
  return dotted(first_address_) + "/" + std::to_string(kPrefix);
}

std::string Network::address(NodeId node) const {
  CHECK(node < size());
  return dotted(first_address_ + node + 1);
}

std::string Network::harness_address() const { return dotted(first_address_ + kHarnessHost); }

std::string Network::enter_command(const Sandbox& sandbox, NodeId node) const {
  const std::string pid = std::to_string(sandbox.outside_pid);
  return "nsenter --target " + pid + (sandbox.own_users ? " --user --preserve-credentials" : "") +
         " --net=/proc/" + pid + "/fd/" + std::to_string(namespaces_[node].fd());
}

MacAddress Network::mac_address(NodeId node) {
  // Locally administered.
  return {0x02, 'h', 'f', 0, static_cast<std::uint8_t>(node >> 8), static_cast<std::uint8_t>(node)};
}

}  // namespace holdfast::nemesis
