#include "harness/proc/ports.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>

namespace holdfast::harness {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = loopback(port);
  const int failed = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::close(fd);
  return failed;
}

TEST(Ports, AreDistinctAlsoBetweenTwoHarnesses) {
  const Ports first = Ports::reserve(10, 7).value();
  const Ports second = Ports::reserve(10, 7).value();
  std::set<std::uint16_t> all;
  for (std::size_t i = 0; i < 10; ++i) {
    all.insert(first[i]);
    all.insert(second[i]);
  }
  EXPECT_EQ(all.size(), 20u);
}

TEST(Ports, RefuseClientsUntilANodeListens) {
  const Ports ports = Ports::reserve(1, 99).value();
  EXPECT_NE(connect_to(ports[0]), 0);

  const int node = ::socket(AF_INET, SOCK_STREAM, 0);
  const int yes = 1;
  ::setsockopt(node, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const sockaddr_in address = loopback(ports[0]);
  ASSERT_EQ(::bind(node, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(node, 10), 0);
  EXPECT_EQ(connect_to(ports[0]), 0);

  ::close(node);
  EXPECT_NE(connect_to(ports[0]), 0);
}

}  // namespace
}  // namespace holdfast::harness
