// Real clusters in network namespaces. Skips where the machine allows none, and says why.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>

#include "harness/proc/proc_cluster.h"
#include "nemesis/linux/network.h"
#include "nemesis/linux/testing/in_sandbox.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;
using nemesis::FaultKind;
using nemesis::in_sandbox;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Steady = std::chrono::steady_clock;

double ms_since(Steady::time_point begin) {
  return std::chrono::duration<double, std::milli>(Steady::now() - begin).count();
}

class NamespacesTest : public testing::Test {
 protected:
  NamespacesTest() {
    char name[] = "/tmp/holdfast-namespaces-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~NamespacesTest() override { fs::remove_all(folder_); }

  ProcOptions options(std::uint16_t nodes) const {
    ProcOptions options;
    options.nodes = nodes;
    options.folder = folder_;
    options.config.n = 3;
    options.config.heartbeat_interval = milliseconds(100);
    options.config.failure_timeout = milliseconds(500);
    return options;
  }

  fs::path folder_;
};

void pass(Cluster& cluster, Duration span) {
  bool done = false;
  cluster.after(span, [&] { done = true; });
  cluster.run([&] { return done; });
}

std::optional<node::StatusReply> status(Cluster& cluster, NodeId node) {
  std::optional<Result<node::StatusReply>> reply;
  cluster.status(node, [&](Result<node::StatusReply> answer) { reply = std::move(answer); });
  cluster.run([&] { return reply.has_value(); });
  if (!*reply) return std::nullopt;
  return reply->value();
}

// Whether `node` hears from `peer`.
bool hears(Cluster& cluster, NodeId node, NodeId peer) {
  const auto said = status(cluster, node);
  EXPECT_TRUE(said.has_value()) << node_name(node) << " does not answer the harness";
  if (!said) return false;
  for (const node::PeerStatus& each : said->peers) {
    if (each.node == peer) return each.up;
  }
  return false;
}

bool soon(Cluster& cluster, const std::function<bool()>& holds) {
  for (int i = 0; i < 400 && !holds(); ++i) pass(cluster, milliseconds(25));
  return holds();
}

TEST_F(NamespacesTest, FiveNodesAnswerSoonAndEndSoon) {
  in_sandbox([this](const nemesis::Sandbox& sandbox) {
    const auto begin = Steady::now();
    const auto cluster = make_proc_cluster(options(5), make_namespaces(sandbox, 1));
    const Result<> started = cluster->start();
    ASSERT_TRUE(started) << started.error().message;
    const double up = ms_since(begin);
    EXPECT_EQ(cluster->address(4).ip, "198.18.0.5");
    EXPECT_NE(cluster->enter_command(0).find("nsenter "), std::string::npos);
    const auto end = Steady::now();
    cluster->stop();
    const double down = ms_since(end);
    std::printf("five nodes in namespaces: up in %.0f ms, down in %.0f ms\n", up, down);
    EXPECT_LT(up, 10'000);  // generous: tests share the machine
    EXPECT_LT(down, 5'000);
    EXPECT_TRUE(cluster->statistics().incidents.empty());
    EXPECT_TRUE(cluster->statistics().failures.empty());
  });
}

TEST_F(NamespacesTest, ACutIsOneWayTheHarnessReachesBothAndAMendedLinkWorks) {
  in_sandbox([this](const nemesis::Sandbox& sandbox) {
    const auto cluster = make_proc_cluster(options(3), make_namespaces(sandbox, 1));
    ASSERT_TRUE(cluster->faults().supports(FaultKind::partition));
    ASSERT_TRUE(cluster->start());
    ASSERT_TRUE(soon(*cluster, [&] { return hears(*cluster, 1, 0) && hears(*cluster, 0, 1); }));
    cluster->faults().cut({{0, 1}});
    EXPECT_TRUE(soon(*cluster, [&] { return !hears(*cluster, 1, 0); }));
    EXPECT_TRUE(hears(*cluster, 2, 0));
    pass(*cluster, milliseconds(2500));  // longer than a connection without answers lasts
    EXPECT_TRUE(hears(*cluster, 0, 1));
    cluster->faults().mend({{0, 1}});
    EXPECT_TRUE(soon(*cluster, [&] { return hears(*cluster, 1, 0) && hears(*cluster, 0, 1); }));
    EXPECT_TRUE(cluster->statistics().incidents.empty());
    EXPECT_TRUE(cluster->statistics().failures.empty());
  });
}

// Nothing reaches n2 before the cut does, so the cut drops nothing.
TEST_F(NamespacesTest, ACutThatDropsNothingIsAFailureOfTheHarness) {
  in_sandbox([this](const nemesis::Sandbox& sandbox) {
    const auto cluster = make_proc_cluster(options(3), make_namespaces(sandbox, 1));
    ASSERT_TRUE(cluster->start());
    ASSERT_TRUE(soon(*cluster, [&] { return hears(*cluster, 1, 0); }));
    ASSERT_EQ(std::system(("ip link set " + nemesis::Network::port(1) + " down").c_str()), 0);
    cluster->faults().cut({{0, 1}});
    pass(*cluster, seconds(6));
    cluster->faults().mend({{0, 1}});
    const Cluster::Statistics statistics = cluster->statistics();
    ASSERT_EQ(statistics.failures.size(), 1u);
    EXPECT_NE(statistics.failures[0].find("n1"), std::string::npos) << statistics.failures[0];
    EXPECT_TRUE(statistics.incidents.empty());
  });
}

TEST_F(NamespacesTest, APartitionIsAppliedAndHealedWithinMilliseconds) {
  in_sandbox([this](const nemesis::Sandbox& sandbox) {
    const auto cluster = make_proc_cluster(options(5), make_namespaces(sandbox, 1));
    ASSERT_TRUE(cluster->start());
    constexpr int kRounds = 20;
    std::vector<nemesis::Direction> halves;  // {n1, n2} against {n3, n4, n5}
    for (const NodeId a : {0, 1}) {
      for (const NodeId b : {2, 3, 4}) {
        halves.insert(halves.end(), {{a, b}, {b, a}});
      }
    }
    double apply = 0, heal = 0;
    for (int i = 0; i < kRounds; ++i) {
      auto begin = Steady::now();
      cluster->faults().cut(halves);
      apply += ms_since(begin);
      begin = Steady::now();
      cluster->faults().mend(halves);
      heal += ms_since(begin);
    }
    std::printf("halves of five, 12 directions: applied in %.2f ms, healed in %.2f ms\n",
                apply / kRounds, heal / kRounds);
    EXPECT_LT(apply / kRounds, 200);
    EXPECT_LT(heal / kRounds, 200);
  });
}

TEST_F(NamespacesTest, ASlowLinkDelaysWhatItCarriesOnly) {
  in_sandbox([this](const nemesis::Sandbox& sandbox) {
    ProcOptions slow = options(3);
    slow.config.w = 3;  // the slow node's acknowledgement is waited for
    slow.config.failure_timeout = seconds(5);
    const auto cluster = make_proc_cluster(slow, make_namespaces(sandbox, 1));
    ASSERT_TRUE(cluster->start());
    ASSERT_TRUE(soon(*cluster, [&] { return hears(*cluster, 0, 1) && hears(*cluster, 0, 2); }));
    const auto write_ms = [&](NodeId node, std::uint64_t number) {
      std::optional<node::ClientReply> reply;
      node::ClientWrite request;
      request.key = "k";
      request.value = "v";
      request.id = {9, number};
      const auto begin = Steady::now();
      cluster->request(node, request, seconds(5),
                       [&](node::ClientReply answer) { reply = std::move(answer); });
      cluster->run([&] { return reply.has_value(); });
      EXPECT_EQ(reply->error, ErrorCode::none);
      return ms_since(begin);
    };
    write_ms(0, 1);
    nemesis::LinkQuality quality;
    quality.delay = milliseconds(300);
    cluster->faults().set_link(0, 2, quality);
    EXPECT_GE(write_ms(0, 2), 300);
    cluster->faults().set_link(0, 2, {});
    pass(*cluster, milliseconds(400));
    EXPECT_LT(write_ms(0, 3), 300);
    EXPECT_TRUE(cluster->statistics().incidents.empty());
    EXPECT_TRUE(cluster->statistics().failures.empty());
  });
}

}  // namespace
}  // namespace holdfast::harness
