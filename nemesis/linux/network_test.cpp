#include "nemesis/linux/network.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

#include "nemesis/linux/testing/in_sandbox.h"
#include "nemesis/linux/testing/sockets.h"

namespace holdfast::nemesis {
namespace {

std::int64_t microseconds_of(const auto& action) {
  const auto begin = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                               begin)
      .count();
}

TEST(Network, GivesEachNodeItsAddressAndAWayToTheOthers) {
  in_sandbox([](const Sandbox&) {
    const Network network = Network::make(5).value();
    EXPECT_EQ(network.range(), "198.18.0.0/24");
    EXPECT_EQ(network.address(0), "198.18.0.1");
    EXPECT_EQ(network.harness_address(), "198.18.0.254");
    std::vector<Descriptor> servers;
    for (NodeId node = 0; node < 5; ++node) servers.push_back(listen_at(network, node));
    for (NodeId to = 0; to < 5; ++to) {
      const auto connects = [&] {
        return connect_to(new_socket(), endpoint(network.address(to), 7000));
      };
      EXPECT_TRUE(connects()) << "the harness to " << to;
      for (NodeId from = 0; from < 5; ++from) {
        EXPECT_TRUE(network.node_namespace(from).inside(connects)) << from << " to " << to;
      }
    }
  });
}

TEST(Network, ChoosesAnotherRangeWhereOneIsTaken) {
  in_sandbox([](const Sandbox&) {
    EXPECT_EQ(std::system("ip link add taken type bridge && ip link set taken up && "
                          "ip addr add 198.18.0.77/28 dev taken && "
                          "ip route add 198.18.64.0/18 dev taken"),
              0);
    EXPECT_EQ(Network::make(2).value().range(), "198.19.255.0/24");
  });
}

TEST(Network, SaysWhichRangesAreTaken) {
  in_sandbox([](const Sandbox&) {
    EXPECT_EQ(std::system("ip link add taken type bridge && ip link set taken up && "
                          "ip route add 0.0.0.0/1 dev taken && ip route add 128.0.0.0/1 dev taken"),
              0);
    const auto network = Network::make(2);
    ASSERT_FALSE(network.has_value());
    EXPECT_EQ(network.error().message,
              "every range of addresses for nodes is taken by a route of this machine");
  });
}

TEST(Network, IsMadeInMilliseconds) {
  in_sandbox([](const Sandbox&) {
    const auto us = microseconds_of([] { EXPECT_TRUE(Network::make(5).has_value()); });
    std::printf("five nodes: %.1f ms\n", static_cast<double>(us) / 1000);
    EXPECT_LT(us, 500'000);  // it takes 6 ms; a busy machine must not fail this
  });
}

TEST(Network, AShellOutsideGetsIn) {
  Word command;
  Word release;
  const Word word;
  const pid_t pid = start_in_sandbox(word, [&](const Sandbox& sandbox) {
    const Network network = Network::make(3).value();
    command.say(network.enter_command(sandbox, 2));
    release.hear();
    return 0;
  });
  const std::string said = word.hear();
  if (said.starts_with("0 ")) {
    ::waitpid(pid, nullptr, 0);
    GTEST_SKIP() << said.substr(2);
  }
  const std::string line = command.hear() + " ip -brief address show eth0";
  std::array<char, 200> output{};
  FILE* const shell = ::popen(line.c_str(), "r");
  EXPECT_NE(std::fgets(output.data(), output.size(), shell), nullptr) << line;
  ::pclose(shell);
  EXPECT_NE(std::string(output.data()).find("198.18.0.3/24"), std::string::npos) << output.data();
  release.say("");
  ::waitpid(pid, nullptr, 0);
}

}  // namespace
}  // namespace holdfast::nemesis
