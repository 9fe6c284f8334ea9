// A node of three for fuzz targets, in memory and in a fixed time: the same input, the same course.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "node/base/check.h"
#include "node/codec/peer_codec.h"
#include "node/daemon/driver.h"
#include "node/storage/memory_disk.h"

namespace holdfast::node {

// Keeps what goes to clients; what goes to peers must survive the codec.
class FuzzedDelivery : public Delivery {
 public:
  void to_peer(const Envelope& envelope) override {
    bytes_.clear();
    encode(envelope, bytes_);
    CHECK(decode_envelope(bytes_).has_value());
  }
  void to_client(std::uint64_t number, Message&& reply) override {
    replies.emplace_back(number, std::move(reply));
  }
  void flush() override {}
  void requests_lost() override {}

  std::vector<std::pair<std::uint64_t, Message>> replies;

 private:
  std::string bytes_;
};

class FuzzedNode {
 public:
  static constexpr std::uint16_t kMembers = 3;

  // `quorum` as R and W: with 1 a client is answered at once.
  explicit FuzzedNode(std::uint32_t quorum) {
    Config config;
    config.r = config.w = quorum;
    const auto next = [](WallTime) -> Result<std::uint32_t> { return 1; };
    driver = std::make_unique<Driver>(disk_, 0, kMembers, config, next, EventLog(), delivery);
    CHECK(driver->open(now).has_value());
    // It begins once a majority has told it the time.
    for (NodeId peer = 1; peer < kMembers; ++peer) hear(peer, Heartbeat{1, 1});
    driver->turn(now);
  }

  void hear(NodeId peer, Message message) {
    driver->receive(
        now, {Address::of_node(peer), Address::of_node(0), Durability::none, std::move(message)});
  }
  void ask(std::uint64_t number, Message request) {
    driver->receive(now, {Address::of_client(number), Address::of_node(0), Durability::none,
                          std::move(request)});
  }
  void pass(Duration span) {
    now.steady += span;
    now.wall += span;
    driver->turn(now);
  }

  FuzzedDelivery delivery;
  Time now{SteadyTime(std::chrono::seconds(100)), WallTime(std::chrono::seconds(1'700'000'000))};
  std::unique_ptr<Driver> driver;

 private:
  MemoryDisk disk_;
};

}  // namespace holdfast::node
