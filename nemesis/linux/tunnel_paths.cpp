#include "nemesis/linux/tunnel_paths.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netlink/addr.h>
#include <netlink/netlink.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <netlink/socket.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "nemesis/linux/descriptor.h"
#include "nemesis/linux/netlink.h"
#include "node/base/check.h"

namespace holdfast::nemesis {
namespace {

constexpr const char* kDevice = "/dev/net/tun";
constexpr int kQueue = 1000;  // packets that the kernel keeps for us

Error refused(const std::string& what) {
  return fail("cannot " + what + " (needs root): " + std::strerror(errno));
}

sockaddr_in to_sockaddr(const std::string& address) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  CHECK(::inet_pton(AF_INET, address.c_str(), &to.sin_addr) == 1);
  return to;
}

Result<std::string> interface_of(const std::string& address) {
  const in_addr wanted = to_sockaddr(address).sin_addr;
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return refused("list the interfaces");
  std::string name;
  for (const ifaddrs* each = all; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_INET) continue;
    const auto& found = *reinterpret_cast<const sockaddr_in*>(each->ifa_addr);
    if (found.sin_addr.s_addr == wanted.s_addr) name = each->ifa_name;
  }
  ::freeifaddrs(all);
  if (name.empty()) return fail("no interface here has the address " + address);
  return name;
}

// Where the kernel is strict, it drops what comes from an address to which the route leads
// elsewhere: every packet from a node to which the link is bad.
Result<> check_strictness(const std::string& interface) {
  int strictest = 0;
  for (const std::string& name : {std::string("all"), interface}) {
    int value = 0;
    std::ifstream("/proc/sys/net/ipv4/conf/" + name + "/rp_filter") >> value;
    strictest = std::max(strictest, value);  // 0: no filter, 1: strict, 2: loose
  }
  if (strictest != 1) return {};
  return fail("the reverse path filter is strict: sysctl net.ipv4.conf." + interface +
              ".rp_filter=2");
}

Result<Descriptor> open_device(ifreq& request) {
  Descriptor device(::open(kDevice, O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!device.is_open()) return refused(std::string("open ") + kDevice);
  request = {};
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  std::strcpy(request.ifr_name, "holdfast%d");
  if (::ioctl(device.get(), TUNSETIFF, &request) != 0) return refused("make a TUN device");
  return device;
}

// As long packets as the true interface takes, a long enough queue, and up.
Result<> raise_device(const ifreq& made, const std::string& interface) {
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strncpy(request.ifr_name, interface.c_str(), IFNAMSIZ - 1);
  bool set = ::ioctl(socket.get(), SIOCGIFMTU, &request) == 0;
  const int mtu = request.ifr_mtu;
  request = made;
  request.ifr_mtu = mtu;
  set = set && ::ioctl(socket.get(), SIOCSIFMTU, &request) == 0;
  request = made;
  request.ifr_qlen = kQueue;
  set = set && ::ioctl(socket.get(), SIOCSIFTXQLEN, &request) == 0;
  request = made;
  request.ifr_flags = IFF_UP | IFF_RUNNING | IFF_NOARP;
  set = set && ::ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0;
  return set ? Result<>() : refused("set up a TUN device");
}

class Tunnel final : public PacketPath {
 public:
  Tunnel(Descriptor device, Descriptor out, sockaddr_in to)
      : device_(std::move(device)), out_(std::move(out)), to_(to) {}

  int fd() const override { return device_.get(); }

  std::size_t receive(std::size_t most,
                      const std::function<void(std::span<const std::uint8_t>)>& take) override {
    std::array<std::uint8_t, 65536> packet;
    for (std::size_t taken = 0; taken < most; ++taken) {
      const ssize_t size = ::read(device_.get(), packet.data(), packet.size());
      if (size <= 0) return taken;
      const bool ipv4 = packet[0] >> 4 == 4;
      if (ipv4) take({packet.data(), static_cast<std::size_t>(size)});
    }
    return most;
  }

  std::size_t send(std::span<const std::vector<std::uint8_t>> packets) override {
    std::size_t refused = 0;
    for (const auto& packet : packets) {
      refused += ::sendto(out_.get(), packet.data(), packet.size(), MSG_DONTWAIT,
                          reinterpret_cast<const sockaddr*>(&to_), sizeof to_) < 0;
    }
    return refused;
  }

  // The kernel counts them with the device; that they are missing shows all the same.
  std::size_t take_drops() override { return 0; }

 private:
  Descriptor device_;
  Descriptor out_;
  sockaddr_in to_;
};

using Route = std::unique_ptr<rtnl_route, Free<rtnl_route_put>>;

NetlinkAddress make_address(const std::string& text) {
  const in_addr address = to_sockaddr(text).sin_addr;
  NetlinkAddress made(nl_addr_build(AF_INET, &address, sizeof address));
  nl_addr_set_prefixlen(made.get(), 32);
  return made;
}

// The route to the one address, through the device, from this host's.
Route make_route(const std::string& to, const std::string& from, int device) {
  Route route(rtnl_route_alloc());
  rtnl_route_set_dst(route.get(), make_address(to).get());
  rtnl_route_set_pref_src(route.get(), make_address(from).get());
  rtnl_route_set_scope(route.get(), RT_SCOPE_LINK);
  rtnl_route_set_table(route.get(), RT_TABLE_MAIN);
  rtnl_nexthop* const hop = rtnl_route_nh_alloc();
  rtnl_route_nh_set_ifindex(hop, device);
  rtnl_route_add_nexthop(route.get(), hop);  // owns it now
  return route;
}

Result<> change_route(rtnl_route* route, bool add) {
  const NetlinkSocket socket(nl_socket_alloc());
  int error = nl_connect(socket.get(), NETLINK_ROUTE);
  if (error >= 0) {
    error = add ? rtnl_route_add(socket.get(), route, NLM_F_CREATE | NLM_F_EXCL)
                : rtnl_route_delete(socket.get(), route, 0);
  }
  return said(error, std::string(add ? "add" : "delete") + " a route through a TUN device");
}

}  // namespace

Result<std::unique_ptr<PacketPaths>> TunnelPaths::make(NodeId own,
                                                       std::vector<std::string> addresses) {
  auto interface = interface_of(addresses[own]);
  if (!interface) return interface.error();
  if (auto fits = check_strictness(*interface); !fits) return fits.error();
  ifreq request;
  const auto device = open_device(request);  // to see whether that can be done
  if (!device) return device.error();
  if (auto raised = raise_device(request, *interface); !raised) return raised.error();
  return std::unique_ptr<PacketPaths>(
      new TunnelPaths(own, std::move(addresses), std::move(*interface)));
}

Result<std::unique_ptr<PacketPath>> TunnelPaths::open(NodeId from, NodeId to) {
  CHECK(from == own_ && to < addresses_.size());
  ifreq request;
  auto device = open_device(request);
  if (!device) return device.error();
  if (auto raised = raise_device(request, interface_); !raised) return raised.error();
  Descriptor out(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
  // Bound to the interface, it does not follow the route into the tunnel again.
  if (!out.is_open() || ::setsockopt(out.get(), SOL_SOCKET, SO_BINDTODEVICE, interface_.c_str(),
                                     static_cast<socklen_t>(interface_.size())) != 0) {
    return refused("open a raw socket");
  }
  devices_[to] = static_cast<int>(::if_nametoindex(request.ifr_name));
  return std::unique_ptr<PacketPath>(
      new Tunnel(std::move(*device), std::move(out), to_sockaddr(addresses_[to])));
}

Result<> TunnelPaths::begin(NodeId from, NodeId to) {
  return change_route(make_route(addresses_[to], addresses_[from], devices_[to]).get(), true);
}

Result<> TunnelPaths::end(NodeId from, NodeId to) {
  return change_route(make_route(addresses_[to], addresses_[from], devices_[to]).get(), false);
}

}  // namespace holdfast::nemesis
