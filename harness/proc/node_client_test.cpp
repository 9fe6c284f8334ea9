#include "harness/proc/node_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
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
            context_, timers_, [this] { return now_ns_; }, "127.0.0.1", ports_[0], "") {}
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
  // Takes the connection, on which requests have been sent; `hello` is the node's first reply.
  int accept(const std::string& hello = "+OK\r\n") {
    context_.restart();
    context_.poll();
    accepted_.push_back(::accept(listener_, nullptr, nullptr));
    write(accepted_.back(), hello);
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
      context_.restart();  // it stops whenever nothing is open
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
  EXPECT_EQ(read(node), "HF.UNORDERED\r\n*1\r\n$1\r\na\r\n");
  write(node, "*2\r\n:0\r\n+yes\r\n");
  await(1);
  EXPECT_EQ(outcomes_[0], "a=yes");
}

TEST_F(NodeClientTest, ASecretIsShownFirst) {
  listen();
  NodeClient client(
      context_, timers_, [this] { return now_ns_; }, "127.0.0.1", ports_[0], "s3cret");
  client.send("PING\r\n", kLong,
              [this](ErrorCode, const node::RespValue& reply) { outcomes_.push_back(reply.text); });
  const int node = accept("+OK\r\n+OK\r\n");
  EXPECT_EQ(read(node), "AUTH s3cret\r\nHF.UNORDERED\r\nPING\r\n");
  write(node, "*2\r\n:0\r\n+PONG\r\n");
  await(1);
  EXPECT_EQ(outcomes_[0], "PONG");
}

// Nothing that a node says to one it does not know is taken for a reply.
TEST_F(NodeClientTest, AWrongSecretLosesTheConnection) {
  listen();
  NodeClient client(
      context_, timers_, [this] { return now_ns_; }, "127.0.0.1", ports_[0], "wrong");
  client.send("PING\r\n", kLong, [this](ErrorCode error, const node::RespValue&) {
    outcomes_.emplace_back(to_string(error));
  });
  accept("-WRONGPASS invalid\r\n-NOAUTH Authentication required.\r\n");
  await(1);
  EXPECT_EQ(outcomes_[0], "connection_lost");
}

TEST_F(NodeClientTest, ADeadNodeRefusesLater) {
  send("a");
  EXPECT_TRUE(outcomes_.empty()) << "called from inside send()";
  await(1);
  EXPECT_EQ(outcomes_[0], "a=refused");
}

TEST_F(NodeClientTest, ASlowRequestDelaysNoOther) {
  listen();
  send("slow");
  send("fast");
  const int node = accept();
  write(node, "*2\r\n:1\r\n+1\r\n");
  await(1);
  EXPECT_EQ(outcomes_[0], "fast=1");
  send("next");
  write(node, "*2\r\n:2\r\n+2\r\n*2\r\n:0\r\n+0\r\n");
  await(3);
  EXPECT_EQ(outcomes_[1], "next=2");
  EXPECT_EQ(outcomes_[2], "slow=0");
}

TEST_F(NodeClientTest, RequestsGoOutTogether) {
  listen();
  send("a");
  send("b");
  EXPECT_EQ(read(accept()), "HF.UNORDERED\r\n*1\r\n$1\r\na\r\n*1\r\n$1\r\nb\r\n");
}

TEST_F(NodeClientTest, ALateReplyIsSwallowed) {
  listen();
  send("a", std::chrono::seconds(1));
  const int node = accept();
  now_ns_ = 1'000'000'000;
  await(1);
  EXPECT_EQ(outcomes_[0], "a=timeout");
  send("b");
  write(node, "*2\r\n:0\r\n+late\r\n*2\r\n:1\r\n+b\r\n");
  await(2);
  EXPECT_EQ(outcomes_[1], "b=b");
}

// Whatever the order in which they were sent.
TEST_F(NodeClientTest, EachRequestHasItsOwnDeadline) {
  listen();
  send("c", std::chrono::seconds(3));
  send("a", std::chrono::seconds(1));
  send("b", std::chrono::seconds(2));
  accept();
  for (std::size_t i = 1; i <= 3; ++i) {
    now_ns_ += 999'999'999;
    while (timers_.run_one(now_ns_)) {
    }
    EXPECT_EQ(outcomes_.size(), i - 1);
    now_ns_ += 1;
    await(i);
  }
  EXPECT_EQ(outcomes_, (std::vector<std::string>{"a=timeout", "b=timeout", "c=timeout"}));
  send("d", std::chrono::seconds(1));
  now_ns_ += 1'000'000'000;
  await(4);
}

TEST_F(NodeClientTest, WhatWasSentWhenTheConnectionBreaksIsLost) {
  listen();
  send("a");
  const int node = accept();
  read(node);
  ::shutdown(node, SHUT_RDWR);
  await(1);
  EXPECT_EQ(outcomes_[0], "a=connection_lost");
  EXPECT_FALSE(client_.is_connected());
  send("b");  // on a new one
  write(accept(), "*2\r\n:0\r\n+b\r\n");
  await(2);
  EXPECT_EQ(outcomes_[1], "b=b");
}

TEST_F(NodeClientTest, RepliesBeforeTheBreakCount) {
  listen();
  send("a");
  send("b");
  const int node = accept();
  read(node);
  write(node, "*2\r\n:1\r\n+done\r\n");
  ::shutdown(node, SHUT_RDWR);
  await(2);
  EXPECT_EQ(outcomes_[0], "b=done");
  EXPECT_EQ(outcomes_[1], "a=connection_lost");
}

TEST_F(NodeClientTest, WhatNeverReachedTheKernelIsRefused) {
  listen();
  // More than the socket buffers hold: the node reads nothing.
  client_.send(std::string(64 << 20, 'x'), kLong, [this](ErrorCode error, const node::RespValue&) {
    outcomes_.push_back("big=" + std::string(to_string(error)));
  });
  send("behind");
  accept();
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
  write(node, "*2\r\n:0\r\n+acknowledged\r\n");
  ::shutdown(node, SHUT_RDWR);
  client_.disconnect();
  EXPECT_TRUE(outcomes_.empty()) << "called from inside disconnect()";
  await(1);
  EXPECT_EQ(outcomes_[0], "a=acknowledged");
}

TEST_F(NodeClientTest, GarbageBreaksTheConnection) {
  listen();
  // Not RESP; no replies in any order; no such request; answered twice.
  for (const char* garbage :
       {"garbage\r\n", "-ERR no such command\r\n", "+OK\r\n*2\r\n:7\r\n+x\r\n",
        "+OK\r\n*2\r\n:1\r\n+b\r\n*2\r\n:1\r\n+b\r\n"}) {
    outcomes_.clear();
    send("a");
    send("b");
    accept(garbage);
    await(2);
    EXPECT_TRUE(std::ranges::count(outcomes_, "a=connection_lost")) << garbage;
  }
}

}  // namespace
}  // namespace holdfast::harness
