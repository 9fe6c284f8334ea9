#include "harness/proc/node_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <string>
#include <vector>

#include "harness/proc/ports.h"

namespace holdfast::harness {
namespace {

constexpr Duration kLong = std::chrono::hours(1);

// A node whose every byte the test decides.
class NodeClientTest : public testing::Test {
 protected:
  NodeClientTest()
      : ports_(Ports::reserve(1, static_cast<std::uint32_t>(::getpid())).value()),
        client_(
            context_, timers_, [this] { return now_ns_; }, "127.0.0.1", ports_[0]) {}
  ~NodeClientTest() override {
    for (const int fd : accepted_) ::close(fd);
    if (listener_ >= 0) ::close(listener_);
  }

  void listen(int backlog = 16) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(ports_[0]);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(listener_, backlog), 0);
  }
  int accept() {
    accepted_.push_back(::accept(listener_, nullptr, nullptr));
    return accepted_.back();
  }
  static std::string read(int fd) {
    char bytes[4096];
    const auto size = ::recv(fd, bytes, sizeof bytes, 0);
    return size > 0 ? std::string(bytes, static_cast<std::size_t>(size)) : "";
  }
  static void write(int fd, const std::string& text) {
    ASSERT_EQ(::send(fd, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }

  // Sends it, and notes "<name>=<reply or error>" in outcomes_.
  void send(const std::string& name, Duration timeout = kLong) {
    client_.send(
        "*1\r\n$" + std::to_string(name.size()) + "\r\n" + name + "\r\n", timeout,
        [this, name](ErrorCode error, const node::RespValue& reply) {
          outcomes_.push_back(
              name + "=" + (error == ErrorCode::none ? reply.text : std::string(to_string(error))));
        });
  }
  // Runs the loop until so many outcomes are there.
  void await(std::size_t outcomes) {
    for (int i = 0; i < 1000 && outcomes_.size() < outcomes; ++i) {
      while (timers_.run_one(now_ns_)) {
      }
      context_.run_one_for(std::chrono::milliseconds(5));
    }
    ASSERT_EQ(outcomes_.size(), outcomes);
  }

  std::int64_t now_ns_ = 0;
  boost::asio::io_context context_;
  Timers timers_;
  Ports ports_;
  NodeClient client_;
  int listener_ = -1;
  std::vector<int> accepted_;
  std::vector<std::string> outcomes_;
};

TEST_F(NodeClientTest, ARequestIsAnswered) {
  listen();
  send("a");
  const int node = accept();
  EXPECT_EQ(read(node), "*1\r\n$1\r\na\r\n");
  write(node, "+yes\r\n");
  await(1);
  EXPECT_EQ(outcomes_[0], "a=yes");
}

TEST_F(NodeClientTest, ADeadNodeRefusesLater) {
  send("a");
  EXPECT_TRUE(outcomes_.empty()) << "called from inside send()";
  await(1);
  EXPECT_EQ(outcomes_[0], "a=refused");
}

TEST_F(NodeClientTest, AConnectionIsUsedAgainOnceItIsIdle) {
  listen();
  send("a");
  const int node = accept();
  write(node, "+1\r\n");
  await(1);
  send("b");
  write(node, "+2\r\n");
  await(2);
  EXPECT_EQ(client_.connections(), 1u);
}

TEST_F(NodeClientTest, ASlowRequestDelaysNoOther) {
  listen();
  send("slow");
  send("fast");
  accept();
  write(accept(), "+1\r\n");
  await(1);
  EXPECT_EQ(outcomes_[0], "fast=1");
}

TEST_F(NodeClientTest, BeyondItsConnectionsRequestsShareInOrder) {
  listen(128);
  for (int i = 0; i < 130; ++i) send(std::to_string(i));
  EXPECT_EQ(client_.connections(), 64u);
  for (int i = 0; i < 64; ++i) {
    const int node = accept();
    std::string got = read(node);
    write(node, "+x\r\n+y\r\n");
    if (i < 2) write(node, "+z\r\n");
  }
  await(130);
}

TEST_F(NodeClientTest, ALateReplyIsSwallowedAndTheOrderKept) {
  listen();
  send("a", std::chrono::seconds(1));
  const int node = accept();
  now_ns_ = 1'000'000'000;
  await(1);
  EXPECT_EQ(outcomes_[0], "a=timeout");
  write(node, "+late\r\n");
  send("b");  // on a connection of its own, or behind the swallowed reply
  if (client_.connections() == 1) {
    write(node, "+b\r\n");
  } else {
    write(accept(), "+b\r\n");
  }
  await(2);
  EXPECT_EQ(outcomes_[1], "b=b");
}

TEST_F(NodeClientTest, WhatWasSentWhenTheConnectionBreaksIsLost) {
  listen();
  send("a");
  const int node = accept();
  read(node);
  ::shutdown(node, SHUT_RDWR);
  await(1);
  EXPECT_EQ(outcomes_[0], "a=connection_lost");
  EXPECT_EQ(client_.connections(), 0u);
}

TEST_F(NodeClientTest, RepliesBeforeTheBreakCount) {
  listen(128);
  for (int i = 0; i < 65; ++i) send(std::to_string(i));  // the last one shares the first's
  const int node = accept();
  read(node);
  write(node, "+done\r\n");
  ::shutdown(node, SHUT_RDWR);
  await(2);
  EXPECT_EQ(outcomes_[0], "0=done");
  EXPECT_EQ(outcomes_[1], "64=connection_lost");
}

TEST_F(NodeClientTest, WhatNeverReachedTheKernelIsRefused) {
  listen(128);
  // More than the socket buffers hold: the node reads nothing.
  client_.send(std::string(64 << 20, 'x'), kLong, [this](ErrorCode error, const node::RespValue&) {
    outcomes_.push_back("big=" + std::string(to_string(error)));
  });
  for (int i = 0; i < 63; ++i) send("s", std::chrono::seconds(1));  // all connections are busy
  send("behind");
  std::vector<int> nodes;
  for (int i = 0; i < 64; ++i) nodes.push_back(accept());
  now_ns_ = 1'000'000'000;
  await(63);
  outcomes_.clear();
  client_.disconnect();
  await(2);
  EXPECT_EQ(outcomes_[0], "big=connection_lost");
  EXPECT_EQ(outcomes_[1], "behind=refused");
}

TEST_F(NodeClientTest, ADeadNodesLastAnswersAreTaken) {
  listen();
  send("a");
  const int node = accept();
  read(node);
  write(node, "+acknowledged\r\n");
  ::shutdown(node, SHUT_RDWR);
  client_.disconnect();
  EXPECT_TRUE(outcomes_.empty()) << "called from inside disconnect()";
  await(1);
  EXPECT_EQ(outcomes_[0], "a=acknowledged");
}

TEST_F(NodeClientTest, GarbageBreaksTheConnection) {
  listen();
  send("a");
  const int node = accept();
  write(node, "garbage\r\n");
  await(1);
  EXPECT_EQ(outcomes_[0], "a=connection_lost");
}

}  // namespace
}  // namespace holdfast::harness
