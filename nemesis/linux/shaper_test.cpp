#include "nemesis/linux/shaper.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <numeric>
#include <set>

#include "nemesis/linux/bridge_paths.h"
#include "nemesis/linux/partitions.h"
#include "nemesis/linux/testing/in_sandbox.h"
#include "nemesis/linux/testing/sockets.h"

namespace holdfast::nemesis {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kSeed = 42;

LinkQuality shape_with(const auto& change) {
  LinkQuality shape;
  change(shape);
  return shape;
}

LinkQuality delay_of(milliseconds delay) {
  return shape_with([&](LinkQuality& shape) { shape.delay = delay; });
}

double milliseconds_of(const auto& action) {
  const auto begin = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

// How long a byte takes from one end of a connection to the other, the best of some.
double best_ms(const Descriptor& from, const Descriptor& to) {
  double best = 1e9;
  for (int i = 0; i < 5; ++i) {
    best =
        std::min(best, milliseconds_of([&] { EXPECT_TRUE(Connection::carries(from, to, 5000)); }));
  }
  return best;
}

// Numbered datagrams from n1 to n2.
class Datagrams {
 public:
  explicit Datagrams(const Network& network)
      : to_(network.node_namespace(1).inside([] { return new_socket(SOCK_DGRAM); })),
        from_(network.node_namespace(0).inside([] { return new_socket(SOCK_DGRAM); })) {
    EXPECT_TRUE(bind_to(to_, endpoint(network.address(1), 9000)));
    EXPECT_TRUE(connect_to(from_, endpoint(network.address(1), 9000)));
    EXPECT_TRUE(exchange(0, 1).contains(0)) << "before anything is shaped";
  }

  // Sends those from `first` on, and returns those that arrive, in that order.
  std::vector<int> arrivals(int first, int count) const {
    for (int i = first; i < first + count; ++i) {
      EXPECT_EQ(::send(from_.get(), &i, sizeof i, 0), ssize_t(sizeof i));
      if (i % 20 == 0) ::usleep(500);  // the receiver's buffer is small
    }
    std::vector<int> arrived;
    for (int number = 0; is_readable(to_, 300);) {
      if (::recv(to_.get(), &number, sizeof number, 0) == sizeof number) arrived.push_back(number);
    }
    return arrived;
  }
  std::multiset<int> exchange(int first, int count) const {
    const auto arrived = arrivals(first, count);
    return {arrived.begin(), arrived.end()};
  }

 private:
  Descriptor to_;
  Descriptor from_;
};

TEST(Shaper, DelaysOneDirectionOnly) {
  in_sandbox([](const Sandbox&) {
    const Network network = Network::make(3).value();
    const auto shaper = BridgePaths::make_shaper(network, kSeed).value();
    const Connection ab(network, 0, 1);
    const Connection ac(network, 0, 2);
    EXPECT_TRUE(shaper->set(0, 1, delay_of(milliseconds(30))));
    EXPECT_GE(best_ms(ab.client, ab.server), 30);
    EXPECT_LT(best_ms(ab.client, ab.server), 60);
    EXPECT_LT(best_ms(ab.server, ab.client), 25) << "the other way";
    EXPECT_LT(best_ms(ac.client, ac.server), 25) << "another link of the node";
    EXPECT_GT(shaper->counts(0, 1).packets, 0u);
    EXPECT_EQ(shaper->counts(0, 2).packets, 0u);

    EXPECT_TRUE(shaper->set(0, 1, delay_of(milliseconds(10))));
    EXPECT_LT(best_ms(ab.client, ab.server), 30);
    EXPECT_TRUE(shaper->set(0, 1, {}));
    EXPECT_LT(best_ms(ab.client, ab.server), 10);
  });
}

TEST(Shaper, LosesAndDuplicatesWhatTheSeedSays) {
  in_sandbox([](const Sandbox&) {
    const Network network = Network::make(2).value();
    const auto shaper = BridgePaths::make_shaper(network, kSeed).value();
    const Datagrams datagrams(network);
    const LinkQuality shape = shape_with([](LinkQuality& lossy) {
      lossy.loss_per_mille = 300;
      lossy.duplicate_per_mille = 200;
    });
    EXPECT_TRUE(shaper->set(0, 1, shape));
    std::multiset<int> expected;
    for (int n = 0; n < 200; ++n) {
      const PacketFate fate = fate_of(kSeed, 0, 1, static_cast<std::uint64_t>(n), shape);
      for (int copies = fate.lost ? 0 : 1 + fate.duplicated; copies > 0; --copies) {
        expected.insert(n);
      }
    }
    EXPECT_EQ(datagrams.exchange(0, 200), expected);
    EXPECT_GT(shaper->counts(0, 1).lost, 30u);
    EXPECT_EQ(shaper->counts(0, 1).overflowed, 0u);
  });
}

TEST(Shaper, PacketsOvertakeWhereTheSeedSays) {
  in_sandbox([](const Sandbox&) {
    const Network network = Network::make(2).value();
    const auto shaper = BridgePaths::make_shaper(network, kSeed).value();
    const Datagrams datagrams(network);
    LinkQuality shape = delay_of(milliseconds(200));
    shape.reorder_per_mille = 200;
    EXPECT_TRUE(shaper->set(0, 1, shape));
    std::vector<int> expected;
    for (const bool overtaking : {true, false}) {
      for (int n = 0; n < 40; ++n) {
        const PacketFate fate = fate_of(kSeed, 0, 1, static_cast<std::uint64_t>(n), shape);
        if (fate.overtakes == overtaking) expected.push_back(n);
      }
    }
    EXPECT_EQ(datagrams.arrivals(0, 40), expected);
  });
}

// Sends numbers over a connection and says how many seconds they took; fails if one is not right.
double transfer(const Connection& connection, int megabytes) {
  std::vector<std::uint64_t> sent(static_cast<std::size_t>(megabytes) << 17);
  std::iota(sent.begin(), sent.end(), 1);
  const std::size_t bytes = sent.size() * sizeof sent[0];
  std::vector<std::uint64_t> received(sent.size());
  const double ms = milliseconds_of([&] {
    std::thread sender([&] {
      const auto* data = reinterpret_cast<const char*>(sent.data());
      for (std::size_t at = 0; at < bytes;) {
        const ssize_t count = ::send(connection.client.get(), data + at, bytes - at, MSG_NOSIGNAL);
        if (count <= 0) break;
        at += static_cast<std::size_t>(count);
      }
    });
    auto* data = reinterpret_cast<char*>(received.data());
    std::size_t at = 0;
    while (at < bytes && is_readable(connection.server, 20'000)) {
      const ssize_t count = ::recv(connection.server.get(), data + at, bytes - at, 0);
      if (count <= 0) break;
      at += static_cast<std::size_t>(count);
    }
    EXPECT_EQ(at, bytes);
    ::shutdown(connection.client.get(), SHUT_RDWR);
    sender.join();
  });
  EXPECT_EQ(received, sent);
  return ms / 1000;
}

TEST(Shaper, TcpSurvivesEverythingAtOnceAndFindsEveryFlippedBit) {
  in_sandbox([](const Sandbox&) {
    const Network network = Network::make(2).value();
    const auto shaper = BridgePaths::make_shaper(network, kSeed).value();
    const Connection connection(network, 0, 1);
    const LinkQuality bad = shape_with([](LinkQuality& shape) {
      shape.delay = milliseconds(1);
      shape.jitter = milliseconds(1);
      shape.loss_per_mille = 3;
      shape.duplicate_per_mille = 20;
      shape.reorder_per_mille = 5;
      shape.corrupt_per_mille = 3;
    });
    EXPECT_TRUE(shaper->set(0, 1, bad));
    EXPECT_TRUE(shaper->set(1, 0, delay_of(milliseconds(1))));
    transfer(connection, 4);
    const LinkCounts counts = shaper->counts(0, 1);
    EXPECT_GT(counts.packets, 2800u) << "packets are of a wire's size";
    EXPECT_GT(counts.corrupted, 0u);
    EXPECT_GT(counts.duplicated, 0u);
  });
}

TEST(Shaper, BandwidthIsWhatWasAskedFor) {
  in_sandbox([](const Sandbox&) {
    const Network network = Network::make(2).value();
    const auto shaper = BridgePaths::make_shaper(network, kSeed).value();
    const Connection connection(network, 0, 1);
    EXPECT_TRUE(shaper->set(
        0, 1, shape_with([](LinkQuality& shape) { shape.bytes_per_second = 4'000'000; })));
    const double seconds = transfer(connection, 4);
    EXPECT_GT(seconds, 1.0);
    EXPECT_LT(seconds, 4.0);
  });
}

TEST(Shaper, ACutHoldsOnAShapedLink) {
  in_sandbox([](const Sandbox&) {
    const Network network = Network::make(2).value();
    Partitions partitions = Partitions::make(network, kPort).value();
    const auto shaper = BridgePaths::make_shaper(network, kSeed).value();
    const Connection connection(network, 0, 1);
    EXPECT_TRUE(shaper->set(0, 1, delay_of(milliseconds(1))));
    EXPECT_TRUE(partitions.cut({{0, 1}}));
    EXPECT_FALSE(Connection::carries(connection.client, connection.server, 200));
    EXPECT_GT(partitions.dropped(0, 1).value().packets, 0u);
    EXPECT_TRUE(partitions.mend({{0, 1}}));
    EXPECT_TRUE(is_readable(connection.server, 5000));
  });
}

TEST(Shaper, WhatIsUnderWayArrivesWhenTheShapingEnds) {
  in_sandbox([](const Sandbox&) {
    const Network network = Network::make(2).value();
    auto shaper = BridgePaths::make_shaper(network, kSeed).value();
    const Connection connection(network, 0, 1);
    EXPECT_TRUE(shaper->set(0, 1, delay_of(milliseconds(60'000))));
    EXPECT_FALSE(Connection::carries(connection.client, connection.server, 50));
    shaper.reset();
    EXPECT_TRUE(is_readable(connection.server, 1000));
    EXPECT_LT(best_ms(connection.client, connection.server), 25);
  });
}

TEST(Shaper, CarriesALot) {
  in_sandbox([](const Sandbox&) {
    const Network network = Network::make(2).value();
    const auto shaper = BridgePaths::make_shaper(network, kSeed).value();
    const Connection connection(network, 0, 1);
    EXPECT_TRUE(shaper->set(0, 1, delay_of(milliseconds(1))));
    const double seconds = transfer(connection, 64);
    const LinkCounts counts = shaper->counts(0, 1);
    std::printf("a link with 1 ms of delay: %.0f MB/s, %.0f packets/s\n",
                static_cast<double>(counts.bytes) / seconds / 1e6,
                static_cast<double>(counts.packets) / seconds);
    EXPECT_LT(seconds, 30);  // 0.5 s on a quiet machine
  });
}

}  // namespace
}  // namespace holdfast::nemesis
