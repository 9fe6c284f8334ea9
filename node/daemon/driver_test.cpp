#include "node/daemon/driver.h"

#include <gtest/gtest.h>

#include <thread>

#include "node/daemon/log.h"
#include "node/daemon/request_router.h"
#include "node/storage/memory_disk.h"

namespace holdfast::node {
namespace {

// What left the node, and when it was flushed.
class FakeDelivery : public Delivery {
 public:
  void to_peer(const Envelope&) override {}
  void to_client(std::uint64_t number, Message&& reply) override {
    replies.emplace_back(number, std::move(reply));
  }
  void flush() override { ++flushes; }
  void requests_lost() override { ++losses; }

  std::vector<std::pair<std::uint64_t, Message>> replies;
  int flushes = 0;
  int losses = 0;
};

class DriverTest : public testing::Test {
 protected:
  DriverTest() {
    EXPECT_TRUE(open_log("", "off", "test").has_value());
    start();
  }

  void start() {
    const auto next = [this](WallTime) -> Result<std::uint32_t> { return ++incarnation_; };
    driver_ = std::make_unique<Driver>(disk_, 0, 1, alone(), next, EventLog(), delivery_);
    EXPECT_TRUE(driver_->open(now_).has_value());
  }

  static Config alone() {
    Config config;
    config.n = config.r = config.w = 1;
    return config;
  }

  void pass(Duration span) {
    now_.steady += span;
    now_.wall += span;
  }
  void send(std::uint64_t number, Message request) {
    driver_->receive(now_, {Address::of_client(number), Address::of_node(0), Durability::none,
                            std::move(request)});
  }
  ErrorCode write(std::uint64_t number, std::string key) {
    ClientWrite write;
    write.key = std::move(key);
    write.value = "v";
    send(number, write);
    driver_->turn(now_);
    if (delivery_.replies.empty()) return ErrorCode::connection_lost;
    const auto reply = std::get<ClientReply>(delivery_.replies.back().second);
    EXPECT_EQ(delivery_.replies.back().first, number);
    delivery_.replies.clear();
    return reply.error;
  }
  bool has(std::string key) {
    ClientRead read;
    read.key = std::move(key);
    send(99, read);
    driver_->turn(now_);
    const auto reply = std::get<ClientReply>(delivery_.replies.at(0).second);
    delivery_.replies.clear();
    EXPECT_EQ(reply.error, ErrorCode::none) << reply.detail;
    return reply.found;
  }

  MemoryDisk disk_;
  FakeDelivery delivery_;
  std::uint32_t incarnation_ = 0;
  Time now_{SteadyTime(std::chrono::seconds(100)), WallTime(std::chrono::seconds(1'700'000'000))};
  std::unique_ptr<Driver> driver_;
};

TEST_F(DriverTest, AnswersAfterASync) {
  const std::uint64_t syncs = driver_->counters().syncs;
  EXPECT_EQ(write(1, "k"), ErrorCode::none);
  EXPECT_GT(driver_->counters().syncs, syncs);
  EXPECT_TRUE(has("k"));
}

TEST_F(DriverTest, OneSyncForABatch) {
  EXPECT_EQ(write(1, "first"), ErrorCode::none);
  const std::uint64_t syncs = driver_->counters().syncs;
  for (std::uint64_t number = 1; number <= 100; ++number) {
    ClientWrite one;
    one.key = "k" + std::to_string(number);
    send(number, one);
  }
  driver_->turn(now_);
  EXPECT_EQ(delivery_.replies.size(), 100u);
  EXPECT_EQ(driver_->counters().syncs, syncs + 1);
}

TEST_F(DriverTest, WhatWasAcknowledgedSurvivesThePower) {
  EXPECT_EQ(write(1, "k"), ErrorCode::none);
  driver_.reset();  // not closed: nothing is synced now
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Random random(seed);
    disk_.power_loss(random);
    pass(std::chrono::seconds(5));
    start();
    EXPECT_TRUE(has("k"));
    EXPECT_EQ(write(seed, "k" + std::to_string(seed)), ErrorCode::none);
    driver_.reset();
  }
}

// At every call of the disk: either the write is answered, and then it is there for good, or its
// client is told that the node was lost.
TEST_F(DriverTest, AFailureDropsTheOutboxAndRebuildsTheNode) {
  for (std::uint64_t call = 1; call < 40; ++call) {
    const std::string key = "k" + std::to_string(call);
    const int losses = delivery_.losses;
    disk_.fail_calls(call, 1, DiskStatus::io_error);
    const ErrorCode error = write(call, key);
    disk_.fail_calls(1, 0, DiskStatus::ok);
    if (delivery_.losses > losses) {
      EXPECT_EQ(error, ErrorCode::connection_lost) << call;
      EXPECT_FALSE(driver_->is_open());
      EXPECT_LT(driver_->next_wakeup(), kNever);
    }
    for (int i = 0; i < 100 && !driver_->is_open(); ++i) {
      pass(std::chrono::milliseconds(50));
      driver_->turn(now_);
    }
    ASSERT_TRUE(driver_->is_open()) << call;
    EXPECT_TRUE(error != ErrorCode::none || has(key)) << call;
    pass(std::chrono::seconds(20));
  }
  EXPECT_GT(delivery_.losses, 0);
  EXPECT_EQ(incarnation_, 1u + static_cast<std::uint32_t>(delivery_.losses));
}

TEST_F(DriverTest, ADeadDiskIsTriedAgainWithABackOff) {
  disk_.fail_calls(1, UINT64_MAX, DiskStatus::io_error);
  EXPECT_EQ(write(1, "k"), ErrorCode::connection_lost);
  EXPECT_FALSE(driver_->is_open());
  const std::uint32_t before = incarnation_;
  for (int i = 0; i < 1000; ++i) {
    pass(std::chrono::milliseconds(10));
    driver_->turn(now_);
  }
  const std::uint32_t attempts = incarnation_ - before;
  EXPECT_GE(attempts, 5u);   // in 10 s
  EXPECT_LE(attempts, 12u);  // 50 ms, 100 ms, … 2 s, 2 s
  EXPECT_EQ(delivery_.losses, 1);
  disk_.fail_calls(1, 0, DiskStatus::ok);
  pass(std::chrono::seconds(2));
  driver_->turn(now_);
  EXPECT_TRUE(driver_->is_open());
  EXPECT_EQ(write(2, "k"), ErrorCode::none);
}

TEST_F(DriverTest, LiveSettingsSurviveARebuild) {
  ControlRequest set;
  set.action = ControlAction::config_set;
  set.name = "request_timeout_ms";
  set.value = "777";
  send(1, set);
  driver_->turn(now_);
  delivery_.replies.clear();
  disk_.fail_calls(1, UINT64_MAX, DiskStatus::full);
  EXPECT_EQ(write(2, "k"), ErrorCode::connection_lost);
  disk_.fail_calls(1, 0, DiskStatus::ok);
  pass(std::chrono::seconds(3));
  driver_->turn(now_);
  ASSERT_TRUE(driver_->is_open());
  EXPECT_EQ(driver_->config().request_timeout, std::chrono::milliseconds(777));
}

// Turns may last long on a busy machine. With one time for all of a turn a later request would get
// a version below one that its client has already seen elsewhere.
TEST_F(DriverTest, RequestsOfOneTurnCarryTheTimeOfTheirArrival) {
  RequestRouter router(*driver_, 0);
  const auto submit = [&] {
    ClientWrite write;
    write.key = "k";
    write.value = "v";
    EXPECT_TRUE(router.submit(std::move(write), [](Message*) {}));
  };
  submit();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const std::int64_t arrived_us = to_us(read_clocks().wall);
  submit();
  driver_->turn(read_clocks());
  ASSERT_EQ(delivery_.replies.size(), 2U);
  const auto& reply = std::get<ClientReply>(delivery_.replies.back().second);
  EXPECT_GE(reply.version.clock_us, arrived_us);
}

}  // namespace
}  // namespace holdfast::node
