#include "node/daemon/peers.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node/codec/peer_codec.h"
#include "node/daemon/clock.h"
#include "node/daemon/log.h"

namespace holdfast::node {
namespace {

constexpr std::uint16_t kMembers = 3;

// A port nobody listens on now.
std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(fd);
  return ntohs(address.sin_port);
}

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return fd;
}

// One node's end of the network, all of them on one loop.
struct End {
  End(Loop& loop, NodeId node, const std::vector<Endpoint>& members, const std::string& secret = "")
      : endpoint(members[node]) {
    identity.cluster = "test";
    identity.secret = secret;
    identity.members = kMembers;
    identity.node = node;
    peers = std::make_unique<Peers>(loop, identity, members, [this](Envelope envelope) {
      received.push_back(std::get<ReplicaRead>(envelope.message).request);
    });
  }
  void send(NodeId to, std::uint64_t number) {
    ReplicaRead read;
    read.request = number;
    peers->send({Address::of_node(identity.node), Address::of_node(to), Durability::none, read});
    peers->flush();
  }

  Endpoint endpoint;
  PeerIdentity identity;
  std::unique_ptr<Peers> peers;
  std::vector<std::uint64_t> received;
};

class PeersTest : public testing::Test {
 protected:
  PeersTest() {
    EXPECT_TRUE(open_log("", "off", "test").has_value());
    for (int i = 0; i < kMembers; ++i) members_.push_back({"127.0.0.1", free_port()});
  }

  // Each its own loop, as sockets of a loop end with it.
  std::unique_ptr<End> make(Loop& loop, NodeId node, const std::string& secret = "") {
    auto end = std::make_unique<End>(loop, node, members_, secret);
    EXPECT_TRUE(end->peers->listen(end->endpoint).has_value());
    return end;
  }

  bool run_until(std::vector<Loop*> loops, std::vector<End*> ends,
                 const std::function<bool()>& done, Duration most = std::chrono::seconds(5)) {
    const SteadyTime give_up = steady_now() + most;
    while (!done()) {
      if (steady_now() > give_up) return false;
      for (End* end : ends) end->peers->keep(steady_now());
      for (Loop* loop : loops) {
        loop->run_once(steady_now() + std::chrono::milliseconds(10));
      }
    }
    return true;
  }

  std::vector<Endpoint> members_;
};

TEST_F(PeersTest, MessagesArriveInOrder) {
  Loop loop;
  auto a = make(loop, 0), b = make(loop, 1);
  for (std::uint64_t i = 0; i < 1000; ++i) a->send(1, i);  // before there is a connection
  ASSERT_TRUE(run_until({&loop}, {a.get(), b.get()}, [&] { return b->received.size() == 1000; }));
  for (std::uint64_t i = 0; i < 1000; ++i) ASSERT_EQ(b->received[i], i);
  b->send(0, 7);
  ASSERT_TRUE(run_until({&loop}, {a.get(), b.get()}, [&] { return a->received.size() == 1; }));
  EXPECT_EQ(b->peers->counters(0).messages_received, 1000u);
  EXPECT_EQ(a->peers->counters(1).messages_sent, 1000u);
}

TEST_F(PeersTest, StaysConnectedWhileNothingIsSaid) {
  Loop loop;
  auto a = make(loop, 0), b = make(loop, 1);
  const auto both = [&] { return a->peers->is_connected(1) && b->peers->is_connected(0); };
  ASSERT_TRUE(run_until({&loop}, {a.get(), b.get()}, both));
  EXPECT_FALSE(run_until(
      {&loop}, {a.get(), b.get()}, [&] { return !both(); }, std::chrono::milliseconds(2500)));
  EXPECT_EQ(a->peers->counters(1).connects, 1u);
}

TEST_F(PeersTest, ConnectsAgainToAPeerThatCameBack) {
  Loop loop;
  auto a = make(loop, 0);
  {
    Loop other;
    auto b = make(other, 1);
    ASSERT_TRUE(
        run_until({&loop, &other}, {a.get(), b.get()}, [&] { return a->peers->is_connected(1); }));
  }
  ASSERT_TRUE(run_until({&loop}, {a.get()}, [&] { return !a->peers->is_connected(1); }));
  Loop other;
  auto b = make(other, 1);
  const SteadyTime back = steady_now();
  ASSERT_TRUE(
      run_until({&loop, &other}, {a.get(), b.get()}, [&] { return a->peers->is_connected(1); }));
  EXPECT_LT(steady_now() - back, std::chrono::seconds(2));
  a->send(1, 5);
  EXPECT_TRUE(
      run_until({&loop, &other}, {a.get(), b.get()}, [&] { return b->received.size() == 1; }));
}

// A peer that stands still: its kernel takes bytes, but it says nothing.
TEST_F(PeersTest, DropsAConnectionThatIsSilent) {
  Loop loop, other;
  auto a = make(loop, 0), b = make(other, 1);
  ASSERT_TRUE(
      run_until({&loop, &other}, {a.get(), b.get()}, [&] { return a->peers->is_connected(1); }));
  EXPECT_TRUE(run_until(
      {&loop}, {a.get()}, [&] { return !a->peers->is_connected(1); }, std::chrono::seconds(3)));
}

// A peer whose kernel takes what it can, and which takes nothing itself: memory stays bounded.
TEST_F(PeersTest, WhatASlowPeerDoesNotTakeIsDropped) {
  Loop loop, other;
  auto a = make(loop, 0), b = make(other, 1);
  ASSERT_TRUE(
      run_until({&loop, &other}, {a.get(), b.get()}, [&] { return a->peers->is_connected(1); }));
  ReplicaWrite write;
  write.row.value.assign(1 << 20, 'x');
  for (int i = 0; i < 120; ++i) {
    a->peers->send({Address::of_node(0), Address::of_node(1), Durability::none, write});
    a->peers->flush();
  }
  EXPECT_GE(a->peers->counters(1).messages_dropped, 20u);  // 64 MiB, and what the kernel takes
  EXPECT_TRUE(a->peers->is_connected(1));
}

TEST_F(PeersTest, MessagesForAnAbsentPeerAreDroppedAndCounted) {
  Loop loop;
  auto a = make(loop, 0);
  run_until(
      {&loop}, {a.get()}, [] { return false; }, std::chrono::milliseconds(1200));
  for (std::uint64_t i = 0; i < 100; ++i) a->send(1, i);
  EXPECT_EQ(a->peers->counters(1).messages_dropped, 100u);
}

TEST_F(PeersTest, OtherSecretsAreRefused) {
  Loop loop;
  auto a = make(loop, 0, "right"), b = make(loop, 1, "right"), c = make(loop, 2, "wrong");
  ASSERT_TRUE(
      run_until({&loop}, {a.get(), b.get(), c.get()}, [&] { return a->peers->is_connected(1); }));
  c->send(0, 1);
  run_until(
      {&loop}, {a.get(), b.get(), c.get()}, [] { return false; }, std::chrono::milliseconds(500));
  EXPECT_FALSE(c->peers->is_connected(0));
  EXPECT_FALSE(a->peers->is_connected(2));
  EXPECT_TRUE(a->received.empty());
}

TEST_F(PeersTest, StrangersAreClosedAndHarmNobody) {
  Loop loop;
  auto a = make(loop, 0), b = make(loop, 1);
  std::string huge = "\xff\xff\xff\x7f";
  huge += std::string(8, 'x');
  std::vector<int> strangers;
  for (const std::string& bytes :
       {std::string("GET / HTTP/1.1\r\n\r\n"), huge, std::string(100000, '\0'), std::string()}) {
    strangers.push_back(connect_to(members_[0].port));
    (void)!::send(strangers.back(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  ASSERT_TRUE(run_until({&loop}, {a.get(), b.get()}, [&] { return b->peers->is_connected(0); }));
  run_until(
      {&loop}, {a.get(), b.get()}, [] { return false; }, std::chrono::milliseconds(1500));
  for (const int fd : strangers) {
    char bytes[4096];
    ssize_t got = 0;
    do {
      got = ::recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    } while (got > 0);
    EXPECT_TRUE(got == 0 || errno == ECONNRESET) << errno;  // not: would block
    ::close(fd);
  }
  b->send(0, 1);
  EXPECT_TRUE(run_until({&loop}, {a.get(), b.get()}, [&] { return a->received.size() == 1; }));
}

}  // namespace
}  // namespace holdfast::node
