// Clients that are too many, too slow or too greedy, beside one that is none of these. A round is
// one turn of the daemon's loop, so that nothing here depends on how busy the machine is.
#include "node/daemon/clients.h"

#include <gtest/gtest.h>

#include "node/daemon/clock.h"
#include "node/daemon/log.h"
#include "node/daemon/test_node.h"
#include "node/storage/memory_disk.h"

namespace holdfast::node {
namespace {

// One node without peers, its store in memory.
class ClientsTest : public testing::Test, private Delivery {
 protected:
  ClientsTest() {
    EXPECT_TRUE(open_log("", "off", "test").has_value());
    EXPECT_TRUE(driver_.open(read_clocks()).has_value());
  }

  void listen(const ClientLimits& limits) {
    clients_ = std::make_unique<Clients>(
        loop_, driver_, router_, "", [] { return ServerFacts{}; }, limits);
    const auto port = clients_->listen({"127.0.0.1", 0});
    ASSERT_TRUE(port.has_value());
    port_ = *port;
  }

  void round() {
    loop_.run_once(steady_now() + std::chrono::milliseconds(2));
    driver_.turn(read_clocks());
    clients_->flush();
    clients_->go_on();
    clients_->keep(steady_now());
  }

  // How many rounds pass before the reply is there; 1,000 if there is none.
  int rounds_to_reply(TestClient& client, const std::string& command, const std::string& reply) {
    client.send(command);
    std::string got;
    for (int rounds = 1; rounds < 1000; ++rounds) {
      round();
      got += client.receive_bytes(0);
      if (got == reply) return rounds;
    }
    return 1000;
  }
  void expect_served(TestClient& client) {
    EXPECT_LT(rounds_to_reply(client, "ECHO hello\r\n", "$5\r\nhello\r\n"), 100);
  }
  bool is_closed(TestClient& client) {
    for (int rounds = 0; rounds < 1000 && !client.closed; ++rounds) {
      round();
      client.receive_bytes(0);
    }
    return client.closed;
  }

  Loop loop_;
  MemoryDisk disk_;
  Driver driver_{disk_,      0,    1, alone(), [](WallTime) -> Result<std::uint32_t> { return 1; },
                 EventLog(), *this};
  RequestRouter router_{driver_, 0};
  std::unique_ptr<Clients> clients_;
  std::uint16_t port_ = 0;

 private:
  static Config alone() {
    Config config;
    config.n = config.r = config.w = 1;
    return config;
  }
  void to_peer(const Envelope&) override {}
  void to_client(std::uint64_t number, Message&& reply) override {
    router_.complete(number, std::move(reply));
  }
  void flush() override {}
  void requests_lost() override { router_.lose_all(); }
};

TEST_F(ClientsTest, TooManyAreRefusedUntilOneLeaves) {
  listen({.clients = 2});
  TestClient first(port_);
  {
    TestClient second(port_);
    expect_served(first);
    expect_served(second);
    TestClient third(port_);
    EXPECT_LT(rounds_to_reply(third, "", "-ERR max number of clients reached\r\n"), 100);
    EXPECT_TRUE(is_closed(third));
  }
  for (int i = 0; i < 100 && clients_->counters().connected > 1; ++i) round();
  TestClient fourth(port_);
  expect_served(fourth);
  expect_served(first);
}

TEST_F(ClientsTest, WhoDoesNotReadWaits) {
  listen({.paused_at = 100'000});
  TestClient good(port_);
  TestClient deaf(port_);
  good.send("SET k " + std::string(10'000, 'x') + "\r\n");
  std::string gets;
  for (int i = 0; i < 4000; ++i) gets += "GET k\r\n";  // 40 MB of replies
  deaf.send(gets);
  for (int i = 0; i < 100; ++i) round();
  // What the kernel takes for it, and about what the limit allows.
  EXPECT_LT(clients_->counters().bytes_sent, 20u << 20);
  EXPECT_EQ(clients_->counters().evicted, 0u);
  good.receive_bytes(0);
  expect_served(good);
  // Once it reads, it gets everything.
  constexpr std::size_t kAll = 4000 * (10'000 + 10);
  std::size_t got = 0;
  for (int i = 0; i < 20'000 && got < kAll; ++i) {
    round();
    got += deaf.receive_bytes(0).size();
  }
  EXPECT_EQ(got, kAll);
}

TEST_F(ClientsTest, WhoLeavesTooMuchUnreadIsClosed) {
  listen({.closed_at = 1'000'000});
  TestClient good(port_);
  TestClient deaf(port_);
  EXPECT_LT(rounds_to_reply(good, "SET k " + std::string(60'000, 'x') + "\r\n", "+OK\r\n"), 100);
  std::string mget = "MGET";
  for (int i = 0; i < 1000; ++i) mget += " k";  // 60 MB of reply
  deaf.send(mget + "\r\n");
  for (int i = 0; i < 1000 && clients_->counters().evicted == 0; ++i) round();
  EXPECT_EQ(clients_->counters().evicted, 1u);
  EXPECT_TRUE(is_closed(deaf));
  expect_served(good);
}

TEST_F(ClientsTest, TheLargestIsClosedWhenMemoryIsShort) {
  listen({.memory = 3'000'000});
  TestClient good(port_);
  TestClient small(port_);
  TestClient large(port_);
  const std::string half_a_command = "*2\r\n$3\r\nGET\r\n$60000000\r\n";
  small.send(half_a_command + std::string(1'000'000, 'x'));
  large.send(half_a_command);
  for (int i = 0; i < 300 && clients_->counters().evicted == 0; ++i) {
    large.send_some(std::string(100'000, 'x'));
    round();
  }
  EXPECT_EQ(clients_->counters().evicted, 1u);
  EXPECT_TRUE(is_closed(large));
  expect_served(small.closed ? small : good);
  EXPECT_FALSE(small.closed);
}

TEST_F(ClientsTest, OneByteAtATimeIsServedAndHarmsNobody) {
  listen({});
  TestClient good(port_);
  TestClient slow(port_);
  for (const char byte : std::string("*2\r\n$4\r\nECHO\r\n$5\r\nhello\r\n")) {
    slow.send(std::string(1, byte));
    round();
  }
  expect_served(good);
  EXPECT_EQ(slow.receive().text, "hello");
}

// Clients that always have as many commands waiting as the kernel takes: what is done for them
// in one round is bounded, and another client waits for a few rounds.
TEST_F(ClientsTest, HeavyPipelinesDelayNobodyForLong) {
  listen({});
  TestClient good(port_);
  ASSERT_LT(rounds_to_reply(good, "SET k v\r\n", "+OK\r\n"), 100);
  std::string commands;
  for (int i = 0; i < 20'000; ++i) commands += i % 100 == 0 ? "SET f v\r\nGET f\r\n" : "PING\r\n";
  std::vector<std::unique_ptr<TestClient>> flooding;
  for (int i = 0; i < 40; ++i) flooding.push_back(std::make_unique<TestClient>(port_));
  for (int i = 0; i < 20; ++i) {
    for (const auto& client : flooding) {
      for (int times = 0; times < 10; ++times) client->send_some(commands);
      while (!client->receive_bytes(0).empty()) continue;
    }
    const std::uint64_t before = clients_->counters().bytes_received;
    round();
    EXPECT_LT(clients_->counters().bytes_received - before, 5u << 20);
    EXPECT_LE(rounds_to_reply(good, "GET k\r\n", "$1\r\nv\r\n"), 8) << i;
  }
  EXPECT_GT(clients_->counters().commands, 100'000u);
}

}  // namespace
}  // namespace holdfast::node
