// TCP between the nodes of a test's network.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "nemesis/linux/descriptor.h"
#include "nemesis/linux/network.h"

namespace holdfast::nemesis {

inline constexpr std::uint16_t kPort = 7000;  // where nodes listen, unless a test says otherwise

inline sockaddr_in endpoint(const std::string& address, std::uint16_t port) {
  sockaddr_in endpoint{};
  endpoint.sin_family = AF_INET;
  endpoint.sin_port = htons(port);
  ::inet_pton(AF_INET, address.c_str(), &endpoint.sin_addr);
  return endpoint;
}

inline Descriptor new_socket(int type = SOCK_STREAM) {
  return Descriptor(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
}

inline bool bind_to(const Descriptor& socket, const sockaddr_in& address) {
  return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}
inline bool connect_to(const Descriptor& socket, const sockaddr_in& address) {
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

inline bool is_readable(const Descriptor& socket, int milliseconds) {
  pollfd ready{socket.get(), POLLIN, 0};
  return ::poll(&ready, 1, milliseconds) == 1;
}

// Whether all that was sent has been acknowledged in time.
inline bool is_acknowledged(const Descriptor& socket, int milliseconds) {
  int unacknowledged = 1;
  for (int waited = 0; waited < milliseconds && unacknowledged != 0; ++waited) {
    ::usleep(1000);
    ::ioctl(socket.get(), SIOCOUTQ, &unacknowledged);
  }
  return unacknowledged == 0;
}

// A listening socket of a node.
inline Descriptor listen_at(const Network& network, NodeId node, std::uint16_t port = kPort) {
  return network.node_namespace(node).inside([&] {
    Descriptor server = new_socket();
    const int yes = 1;
    ::setsockopt(server.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    EXPECT_TRUE(bind_to(server, endpoint(network.address(node), port)));
    EXPECT_EQ(::listen(server.get(), 10), 0);
    return server;
  });
}

// A connection between two nodes, both ends in this process.
struct Connection {
  Descriptor client;
  Descriptor server;

  Connection(const Network& network, NodeId from, NodeId to) {
    const Descriptor listening = listen_at(network, to);
    client = network.node_namespace(from).inside([] { return new_socket(); });
    EXPECT_TRUE(connect_to(client, endpoint(network.address(to), kPort)));
    server = Descriptor(::accept(listening.get(), nullptr, nullptr));
    const int yes = 1;
    for (const Descriptor* end : {&client, &server}) {
      ::setsockopt(end->get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    }
  }

  // Whether a byte that one end sends arrives at the other in time.
  static bool carries(const Descriptor& from, const Descriptor& to, int milliseconds) {
    char byte = 'x';
    if (::send(from.get(), &byte, 1, MSG_NOSIGNAL) != 1) return false;
    return is_readable(to, milliseconds) && ::recv(to.get(), &byte, 1, 0) == 1;
  }
};

}  // namespace holdfast::nemesis
