#include "nemesis/linux/packet_tap.h"

#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "nemesis/linux/network.h"

namespace holdfast::nemesis {
namespace {

constexpr std::size_t kRingBytes = PacketTap::kFrames * PacketTap::kFrameBytes;
constexpr std::size_t kBatch = 64;

Error refused(const std::string& what) {
  return fail("cannot " + what + " (the kernel needs CONFIG_PACKET): " + std::strerror(errno));
}

template <class T>
bool set(const Descriptor& socket, int option, const T& value) {
  return ::setsockopt(socket.get(), SOL_PACKET, option, &value, sizeof value) == 0;
}

bool bind_to(const Descriptor& socket, NodeId node, int protocol) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(static_cast<std::uint16_t>(protocol));
  address.sll_ifindex = static_cast<int>(::if_nametoindex(Network::port(node).c_str()));
  return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

// Lets IPv4 packets to that node pass, and nothing else: what Diversion drops.
bool filter_for(const Descriptor& socket, NodeId to) {
  const MacAddress mac = Network::mac_address(to);
  const std::uint32_t first = std::uint32_t{mac[0]} << 24 | std::uint32_t{mac[1]} << 16 |
                              std::uint32_t{mac[2]} << 8 | mac[3];
  const std::uint32_t last = std::uint32_t{mac[4]} << 8 | mac[5];
  std::array<sock_filter, 8> program{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, first, 0, 5),
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, last, 0, 3),
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, ~0u),
      BPF_STMT(BPF_RET | BPF_K, 0),
  }};
  const sock_fprog filter{program.size(), program.data()};
  return ::setsockopt(socket.get(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0;
}

}  // namespace

Result<PacketTap> PacketTap::open(NodeId from, NodeId to) {
  PacketTap tap;
  // Protocol 0: nothing is received until it is bound.
  tap.in_ = Descriptor(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  tap.out_ = Descriptor(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!tap.in_.is_open() || !tap.out_.is_open()) return refused("open packet sockets");
  // A ring needs no larger socket buffer, which only root outside any user namespace may have.
  const tpacket_req ring{kRingBytes / 32, 32, kFrameBytes, kFrames};
  if (!set(tap.in_, PACKET_VERSION, int{TPACKET_V2}) || !set(tap.in_, PACKET_IGNORE_OUTGOING, 1) ||
      !set(tap.in_, PACKET_RX_RING, ring) || !set(tap.out_, PACKET_QDISC_BYPASS, 1)) {
    return refused("set up packet sockets");
  }
  void* const memory =
      ::mmap(nullptr, kRingBytes, PROT_READ | PROT_WRITE, MAP_SHARED, tap.in_.get(), 0);
  if (memory == MAP_FAILED) return refused("map a ring of packets");
  tap.ring_ = static_cast<std::uint8_t*>(memory);
  if (!filter_for(tap.in_, to) || !bind_to(tap.out_, to, 0) || !bind_to(tap.in_, from, ETH_P_ALL)) {
    return refused("listen to the packets of a link");
  }
  return tap;
}

PacketTap::~PacketTap() {
  if (ring_ != nullptr) ::munmap(ring_, kRingBytes);
}

PacketTap::PacketTap(PacketTap&& other) noexcept
    : in_(std::move(other.in_)),
      out_(std::move(other.out_)),
      ring_(std::exchange(other.ring_, nullptr)),
      next_(other.next_) {}

std::size_t PacketTap::receive(std::size_t most,
                               const std::function<void(std::span<const std::uint8_t>)>& take) {
  std::size_t taken = 0;
  for (; taken < most; ++taken, next_ = (next_ + 1) % kFrames) {
    std::uint8_t* const frame = ring_ + next_ * kFrameBytes;
    auto* const header = reinterpret_cast<tpacket2_hdr*>(frame);
    if ((__atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) == 0) break;
    // One that was larger than a frame left before the source's offloads were off; it is lost.
    if (header->tp_snaplen == header->tp_len) take({frame + header->tp_mac, header->tp_len});
    __atomic_store_n(&header->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
  }
  return taken;
}

std::size_t PacketTap::send(std::span<const std::vector<std::uint8_t>> packets) {
  std::size_t refused = 0;
  while (!packets.empty()) {
    std::array<iovec, kBatch> parts;
    std::array<mmsghdr, kBatch> messages{};
    const std::size_t count = std::min(packets.size(), kBatch);
    for (std::size_t i = 0; i < count; ++i) {
      parts[i] = {const_cast<std::uint8_t*>(packets[i].data()), packets[i].size()};
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int sent = ::sendmmsg(out_.get(), messages.data(), static_cast<unsigned>(count), 0);
    refused += sent <= 0;  // the first one: the destination has no room, or is gone
    packets = packets.subspan(static_cast<std::size_t>(std::max(sent, 1)));
  }
  return refused;
}

std::size_t PacketTap::take_drops() {
  tpacket_stats statistics{};
  socklen_t size = sizeof statistics;
  ::getsockopt(in_.get(), SOL_PACKET, PACKET_STATISTICS, &statistics, &size);
  return statistics.tp_drops;
}

}  // namespace holdfast::nemesis
