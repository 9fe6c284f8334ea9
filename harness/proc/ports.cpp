#include "harness/proc/ports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

namespace holdfast::harness {
namespace {

constexpr std::uint32_t kLowestPort = 10000;

// Where the kernel's range for outgoing connections begins.
std::uint32_t ephemeral_begin() {
  std::uint32_t begin = 32768;
  std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> begin;
  return begin > kLowestPort + 1000 ? begin : 32768;
}

// A socket bound to the port, or -1.
int try_bind(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int yes = 1;
  // Bound without SO_REUSEADDR, so that a port held by anybody is not taken; then opened to nodes.
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0) {
    ::close(fd);
    return -1;
  }
  return fd;
}

}  // namespace

Result<Ports> Ports::reserve(std::size_t count, std::uint32_t first_guess) {
  const std::uint32_t span = ephemeral_begin() - kLowestPort;
  Ports reserved;
  for (std::uint32_t tried = 0; tried < span && reserved.size() < count; ++tried) {
    const auto port = static_cast<std::uint16_t>(kLowestPort + (first_guess * 37u + tried) % span);
    const int fd = try_bind(port);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE)) break;
    if (fd < 0) continue;
    reserved.ports_.push_back(port);
    reserved.sockets_.push_back(fd);
  }
  if (reserved.size() < count) {
    return fail("cannot reserve " + std::to_string(count) + " ports of 127.0.0.1 (got " +
                std::to_string(reserved.size()) + "): " + std::strerror(errno));
  }
  return reserved;
}

Ports::~Ports() {
  for (const int fd : sockets_) ::close(fd);
}

Ports::Ports(Ports&& other) noexcept
    : ports_(std::exchange(other.ports_, {})), sockets_(std::exchange(other.sockets_, {})) {}

Ports& Ports::operator=(Ports&& other) noexcept {
  std::swap(ports_, other.ports_);
  std::swap(sockets_, other.sockets_);
  return *this;
}

}  // namespace holdfast::harness
