#include "node/daemon/info.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

namespace holdfast::node {
namespace {

ServerFacts some_facts() {
  ServerFacts facts;
  facts.node = 1;
  facts.store_open = true;
  facts.uptime_us = 5'000'000;
  facts.peers = {{0, true, {}}, {2, false, {}}};
  facts.peers[0].counters.messages_sent = 42;
  return facts;
}

StatusReply some_status() {
  StatusReply status;
  status.node = 1;
  status.ledger.created = 9;
  status.ledger.dropped[0] = 3;
  status.counters.hints_refused[static_cast<std::size_t>(HintRefusal::cap)] = 4;
  HintQueueStatus queue;
  queue.destination = 2;
  queue.count = 5;
  queue.oldest_age = std::chrono::seconds(60);
  status.queues = {queue};
  status.peers = {{0, true, Duration(10)}, {2, false, Duration(20)}};
  return status;
}

TEST(Metrics, HaveTheFormatOfPrometheus) {
  const StatusReply status = some_status();
  std::istringstream text(metrics_text(some_facts(), &status));
  const std::regex sample(R"re(holdfast_[a-z_]+(\{[a-z]+="[a-z0-9_]+"\})? [0-9]+)re");
  const std::regex comment(R"re(# (HELP|TYPE) holdfast_[a-z_]+ .+)re");
  std::set<std::string> seen;
  for (std::string line; std::getline(text, line);) {
    EXPECT_TRUE(std::regex_match(line, line[0] == '#' ? comment : sample)) << line;
    EXPECT_TRUE(seen.insert(line.substr(0, line.rfind(' '))).second || line[0] == '#') << line;
  }
  EXPECT_GT(seen.size(), 50u);
}

TEST(Metrics, HaveReasonsAndBothSides) {
  const StatusReply status = some_status();
  const std::string text = metrics_text(some_facts(), &status);
  for (const char* line :
       {"holdfast_hints_refused_total{reason=\"cap\"} 4\n",
        "holdfast_hints_dropped_total{reason=\"operator_request\"} 3\n",
        "holdfast_hint_queue_count{destination=\"n3\"} 5\n",
        "holdfast_hint_queue_oldest_age_seconds{destination=\"n3\"} 60\n",
        "holdfast_hints_received_total 0\n", "holdfast_peer_messages_sent_total{peer=\"n1\"} 42\n",
        "holdfast_peer_up{peer=\"n3\"} 0\n", "holdfast_store_open 1\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
}

TEST(Metrics, AFailingStoreLeavesThoseOfTheDaemon) {
  const std::string text = metrics_text(some_facts(), nullptr);
  EXPECT_NE(text.find("holdfast_clients 0\n"), std::string::npos);
  EXPECT_EQ(text.find("holdfast_rows"), std::string::npos);
}

TEST(StatusJson, IsJson) {
  const StatusReply status = some_status();
  const auto json = nlohmann::json::parse(status_json(some_facts(), &status));
  EXPECT_EQ(json["node"], "n2");
  EXPECT_EQ(json["connected_peers"], nlohmann::json({"n1"}));
  EXPECT_EQ(json["status"]["ledger"]["created"], 9);
  EXPECT_EQ(json["status"]["ledger"]["dropped"]["operator_request"], 3);
  EXPECT_EQ(json["status"]["queues"][0]["destination"], "n3");
  EXPECT_EQ(json["status"]["queues"][0]["oldest_age_us"], 60'000'000);
  EXPECT_EQ(json["status"]["counters"]["hints_refused"]["cap"], 4);
  EXPECT_EQ(json["status"]["peers"][1]["up"], false);
  EXPECT_FALSE(nlohmann::json::parse(status_json(some_facts(), nullptr)).contains("status"));
}

}  // namespace
}  // namespace holdfast::node
