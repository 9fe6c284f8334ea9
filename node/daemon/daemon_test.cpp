// Real processes on 127.0.0.1, spoken to over TCP.
#include "node/daemon/daemon.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdio>
#include <functional>
#include <memory>

#include "node/base/random.h"
#include "node/codec/event_codec.h"
#include "node/daemon/test_node.h"

namespace holdfast::node {
namespace {

class OneDaemon : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(node_.start()) << node_.errors; }

  std::vector<std::string> arguments() {
    return {"--id",       "n1",
            "--members",  "n1=127.0.0.1:" + std::to_string(peer_.port),
            "--data",     folder_.path + "/data",
            "--set",      "n=1",
            "--set",      "r=1",
            "--set",      "w=1",
            "--log-file", folder_.path + "/log"};
  }
  // A restarted node first waits for its clock.
  bool answers() {
    return eventually([&] { return node_.client().ask({"SET", "probe", "x"}) == "OK"; });
  }

  TestFolder folder_;
  ReservedPort peer_;
  TestNode node_{arguments()};
};

TEST_F(OneDaemon, SpeaksRedis) {
  TestClient client = node_.client();
  EXPECT_EQ(client.ask({"SET", "k", "v"}), "OK");
  EXPECT_EQ(client.ask({"GET", "k"}), "v");
  EXPECT_EQ(client.ask({"DEL", "k", "nope"}), "1");
  EXPECT_EQ(client.ask({"GET", "k"}), "(nil)");
  EXPECT_EQ(client.ask({"MSET", "a", "1", "b", "2"}), "OK");
  EXPECT_EQ(client.ask({"EXISTS", "a", "b", "c"}), "2");
  const RespValue values = client.command({"MGET", "a", "c", "b"});
  ASSERT_EQ(values.items.size(), 3u);
  EXPECT_EQ(values.items[0].text, "1");
  EXPECT_EQ(values.items[1].kind, RespValue::Kind::null);
  EXPECT_EQ(values.items[2].text, "2");
  EXPECT_EQ(client.ask({"CONFIG", "SET", "request_timeout_ms", "1234"}), "OK");
  EXPECT_EQ(client.command({"CONFIG", "GET", "request_timeout_ms"}).items.at(1).text, "1234");
  EXPECT_EQ(client.ask({"CONFIG", "SET", "n", "2"}).substr(0, 4), "ERR ");
  EXPECT_NE(client.ask({"INFO"}).find("node:n1"), std::string::npos);
  EXPECT_EQ(client.command({"HELLO", "3"}).field("proto")->integer, 3);
  const std::string binary("\0\r\n\xff", 4);
  EXPECT_EQ(client.ask({"SET", binary, binary}), "OK");
  EXPECT_EQ(client.ask({"GET", binary}), binary);
  EXPECT_EQ(client.ask({"QUIT"}), "OK");
  EXPECT_TRUE(client.is_closed_within(2000));
}

TEST_F(OneDaemon, SpeaksHoldfast) {
  TestClient client = node_.client();
  ClientWrite write;
  write.key = "k";
  write.value = "v";
  write.id = {1, 2};
  const auto written = client.request<ClientReply>(write);
  ASSERT_TRUE(written.has_value());
  EXPECT_EQ(written->error, ErrorCode::none);
  EXPECT_EQ(written->acks, (std::vector<Ack>{{0, Role::home, kNoNode}}));
  const auto read = client.request<ClientReply>(ClientRead{"k", {}});
  EXPECT_TRUE(read->found);
  EXPECT_EQ(read->id, (OperationId{1, 2}));
  EXPECT_EQ(read->version, written->version);
  const auto replica = client.request<ReplicaReadReply>(ReplicaRead{0, "k", true});
  EXPECT_EQ(replica->row.value, "v");
  const auto dump = client.request<DumpReply>(DumpRequest{});
  ASSERT_EQ(dump->rows.size(), 1u);
  EXPECT_EQ(dump->rows[0].row.version, written->version);
  EXPECT_TRUE(client.request<HintListReply>(HintListRequest{0, 0, 10})->done);
  const auto status = client.request<StatusReply>(StatusRequest{});
  EXPECT_EQ(status->rows, 1u);
  EXPECT_TRUE(status->ready);
  const auto control =
      client.request<ControlReply>(ControlRequest{ControlAction::config_get, kNoNode, "w", ""});
  EXPECT_EQ(control->text, "1");
}

TEST_F(OneDaemon, PipelinesAndTakesLines) {
  TestClient client = node_.client();
  std::string bytes = "SET k 0\r\n";
  for (int i = 1; i <= 2000; ++i) {
    append_command({"SET", "k", std::to_string(i)}, bytes);
    append_command({"GET", "k"}, bytes);
  }
  std::jthread sender([&] { client.send(bytes); });
  EXPECT_EQ(client.receive().text, "OK");
  for (int i = 1; i <= 2000; ++i) {
    ASSERT_EQ(client.receive().text, "OK") << i;
    ASSERT_EQ(client.receive().text, std::to_string(i));
  }
}

TEST_F(OneDaemon, AnswersAClientThatSendsNoMore) {
  TestClient client = node_.client();
  client.send("SET k v\r\nGET k\r\n");
  client.end_sending();
  EXPECT_EQ(client.receive().text, "OK");
  EXPECT_EQ(client.receive().text, "v");
  EXPECT_TRUE(client.is_closed_within(2000));
}

TEST_F(OneDaemon, KeepsItsDataWhenKilled) {
  TestClient client = node_.client();
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(client.ask({"SET", "k" + std::to_string(i), "v" + std::to_string(i)}), "OK");
  }
  const auto before = client.request<StatusReply>(StatusRequest{});
  node_.kill();
  ASSERT_TRUE(node_.start()) << node_.errors;
  ASSERT_TRUE(answers());
  TestClient again = node_.client();
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(again.ask({"GET", "k" + std::to_string(i)}), "v" + std::to_string(i));
  }
  const auto after = again.request<StatusReply>(StatusRequest{});
  EXPECT_GT(after->incarnation, before->incarnation);
  EXPECT_EQ(after->store_incarnation, before->store_incarnation);
}

TEST_F(OneDaemon, EndsQuickly) {
  const auto begin = TestClock::now();
  node_.signal(SIGTERM);
  EXPECT_EQ(node_.wait(), 0);
  EXPECT_LT(ms_since(begin), 1000);
}

TEST_F(OneDaemon, GarbageOnAnyPortEndsOnlyItsConnection) {
  Random random(1);
  TestClient good = node_.client();
  for (int round = 0; round < 20; ++round) {
    std::string garbage(1 + random.below(5000), '\0');
    for (char& c : garbage) c = static_cast<char>(random.next());
    garbage += "\r\n";
    for (const std::uint16_t port : {node_.client_port, node_.http_port, node_.peer_port}) {
      TestClient bad(port);
      ASSERT_TRUE(bad.connected);
      bad.send(garbage);
      EXPECT_TRUE(bad.is_closed_within(7000)) << port;
    }
    ASSERT_EQ(good.ask({"PING"}), "PONG");
  }
  EXPECT_TRUE(node_.is_running());
}

TEST_F(OneDaemon, HugeLengthsAreRefusedAtOnce) {
  for (const std::string bytes :
       {"*2147483647\r\n", "*2\r\n$3\r\nSET\r\n$99999999999\r\n", "*1\r\n$-5\r\n", "*x\r\n"}) {
    TestClient bad = node_.client();
    bad.send(bytes);
    EXPECT_EQ(bad.receive().text.substr(0, 19), "ERR Protocol error:") << bytes;
    EXPECT_TRUE(bad.is_closed_within(2000)) << bytes;
  }
  TestClient client = node_.client();
  EXPECT_EQ(client.ask({"SET", "k", std::string(2 << 20, 'x')}).substr(0, 16), "INVALID_REQUEST ");
  EXPECT_EQ(client.ask({"PING"}), "PONG");
}

TEST_F(OneDaemon, AClientThatNeverReadsIsBounded) {
  TestClient good = node_.client();
  ASSERT_EQ(good.ask({"SET", "k", std::string(500000, 'x')}), "OK");
  std::string gets;
  for (int i = 0; i < 1000; ++i) append_command({"GET", "k"}, gets);
  std::vector<std::unique_ptr<TestClient>> slow;
  for (int i = 0; i < 5; ++i) {
    slow.push_back(std::make_unique<TestClient>(node_.client_port));
    slow.back()->send_some(gets);  // 500 MB of replies
  }
  for (int i = 0; i < 50; ++i) ASSERT_EQ(good.ask({"PING"}), "PONG");
  EXPECT_TRUE(eventually([&] { return good.ask({"GET", "k"}).size() == 500000; }));
  EXPECT_LT(node_.resident_kib(), 1u << 20);  // of 2.5 GB asked for
  EXPECT_TRUE(node_.is_running());
}

TEST_F(OneDaemon, IdleClientsCostLittle) {
  rlimit limit = {};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const std::size_t count = std::min<std::size_t>(10000, limit.rlim_cur / 2);
  const std::size_t before = node_.resident_kib();
  std::vector<std::unique_ptr<TestClient>> idle;
  for (std::size_t i = 0; i < count; ++i) {
    idle.push_back(std::make_unique<TestClient>(node_.client_port));
    ASSERT_TRUE(idle.back()->connected) << i;
    if (i % 2 == 0) idle.back()->send("*2\r\n$3\r\nGE");  // half a command
  }
  TestClient good = std::move(*idle.back());
  EXPECT_EQ(good.ask({"PING"}), "PONG");
  const std::size_t all = node_.resident_kib() - before;
  RecordProperty("kib_of_all_clients", static_cast<int>(all));
  EXPECT_LT(all, count * 16);
}

// The kernel watches over idle connections: a machine that was switched off says nothing.
TEST_F(OneDaemon, AsksSilentClientsWhetherTheyAreThere) {
  TestClient client = node_.client();
  EXPECT_EQ(client.ask({"PING"}), "PONG");
  char port[8];
  std::snprintf(port, sizeof port, ":%04X", node_.client_port);
  EXPECT_TRUE(eventually([&] {
    std::istringstream sockets(read_file("/proc/net/tcp"));
    for (std::string line; std::getline(sockets, line);) {
      std::istringstream words(line);
      std::string slot, local, remote, state, queues, timer;
      words >> slot >> local >> remote >> state >> queues >> timer;
      const bool established = state == "01" && local.ends_with(port);
      if (established && timer.starts_with("02:")) return true;  // the timer of keep-alive
    }
    return false;
  }));
}

TEST_F(OneDaemon, ServesMetricsAndStatus) {
  for (const auto& [target, expected] : {std::pair{"/metrics", "holdfast_rows 0\n"},
                                         {"/status", "\"node\":\"n1\""},
                                         {"/other", "404 Not Found"}}) {
    TestClient http(node_.http_port);
    http.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    std::string all;
    while (!http.closed) all += http.receive_bytes(5000);
    EXPECT_NE(all.find(expected), std::string::npos) << all;
  }
}

// What a program of Redis' own prints, errors included.
std::string output_of(const std::string& line, int& status) {
  FILE* pipe = ::popen((line + " 2>&1").c_str(), "r");
  std::string text(10000, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), pipe));
  status = ::pclose(pipe);
  return text;
}

TEST_F(OneDaemon, RedisBenchmarkWorks) {
  if (std::system("command -v redis-benchmark > /dev/null 2>&1") != 0) {
    GTEST_SKIP() << "no redis-benchmark";
  }
  for (const std::string options : {"-c 10 -P 4", "-c 10 -P 1 -r 1000"}) {
    int status = -1;
    const std::string text = output_of("redis-benchmark -p " + std::to_string(node_.client_port) +
                                           " -t set,get -n 1000 -q " + options,
                                       status);
    EXPECT_EQ(status, 0) << text;
    for (const std::string word : {"WARNING", "ERROR", "Error", "rror from server"}) {
      EXPECT_EQ(text.find(word), std::string::npos) << text;
    }
    for (const std::string name : {"SET: ", "GET: "}) {
      const std::size_t result = text.find(" requests per second", text.find(name));
      EXPECT_NE(result, std::string::npos) << text;
    }
    EXPECT_NE(text.find(" requests per second"), text.rfind(" requests per second")) << text;
  }
}

TEST_F(OneDaemon, RedisCliWorks) {
  if (std::system("command -v redis-cli > /dev/null 2>&1") != 0) GTEST_SKIP() << "no redis-cli";
  const auto cli = [&](const std::string& arguments) {
    int status = -1;
    return output_of("redis-cli -p " + std::to_string(node_.client_port) + " " + arguments, status);
  };
  EXPECT_EQ(cli("SET k v"), "OK\n");
  EXPECT_EQ(cli("GET k"), "v\n");
  EXPECT_EQ(cli("-3 HELLO 3").substr(0, 15), "server holdfast");
  EXPECT_NE(cli("-3 HF.GET k").find("found (true)\nvalue v\n"), std::string::npos);
  EXPECT_NE(cli("COMMAND DOCS get").find("Reads a key"), std::string::npos);
  EXPECT_NE(cli("HF.HELP").find("HF.SET key value"), std::string::npos);
}

// ---- Starting ----------------------------------------------------------------------------------

class Starting : public testing::Test {
 protected:
  std::vector<std::string> with(std::vector<std::string> more) {
    std::vector<std::string> all = {"--id",       "n1",
                                    "--members",  "n1=127.0.0.1:" + std::to_string(peer_.port),
                                    "--data",     folder_.path + "/data",
                                    "--set",      "n=1",
                                    "--set",      "r=1",
                                    "--set",      "w=1",
                                    "--log-file", folder_.path + "/log"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  // One line that contains `words`, and this exit code.
  void expect_refusal(const std::vector<std::string>& arguments, int code,
                      const std::string& words) {
    TestNode node(arguments);
    ASSERT_FALSE(node.start());
    EXPECT_EQ(node.exit_code, code) << node.errors;
    EXPECT_EQ(std::count(node.errors.begin(), node.errors.end(), '\n'), 1) << node.errors;
    EXPECT_NE(node.errors.find(words), std::string::npos) << node.errors;
  }

  TestFolder folder_;
  ReservedPort peer_;
};

TEST_F(Starting, BadArgumentsAre254) {
  expect_refusal({}, 254, "id is missing");
  expect_refusal(with({"--colour", "red"}), 254, "--colour");
  expect_refusal(with({"--set", "w=2"}), 254, "w = 2 exceeds n = 1");
  expect_refusal(with({"--set", "conflict=siblings"}), 254, "siblings");
  expect_refusal(with({"--config", "/nowhere.json"}), 254, "/nowhere.json");
  expect_refusal(with({"--log-level", "loud"}), 254, "loud");
  EXPECT_FALSE(std::filesystem::exists(folder_.path + "/data"));
}

TEST_F(Starting, AnUnfitEnvironmentIs255) {
  TestNode first(with({}));
  ASSERT_TRUE(first.start());
  expect_refusal(with({}), 255, "another process uses it");
  expect_refusal(with({"--data", folder_.path + "/other"}), 255, "Address already in use");
  expect_refusal(with({"--data", "/proc/nowhere"}), 255, "/proc/nowhere");
  ReservedPort other;
  const std::string port = std::to_string(first.client_port);
  expect_refusal(with({"--data", folder_.path + "/other", "--peer-port", std::to_string(other.port),
                       "--client-port", port}),
                 255, "clients: cannot listen on 127.0.0.1:" + port);
}

TEST_F(Starting, EndsWithItsParent) {
  int lifeline[2];
  ASSERT_EQ(::pipe(lifeline), 0);
  ::fcntl(lifeline[1], F_SETFD, FD_CLOEXEC);
  TestNode node(with({"--parent-fd", std::to_string(lifeline[0])}));
  ASSERT_TRUE(node.start());
  EXPECT_TRUE(node.is_running());
  ::close(lifeline[1]);
  const auto begin = TestClock::now();
  EXPECT_EQ(node.wait(), 0);
  EXPECT_LT(ms_since(begin), 1000);
  ::close(lifeline[0]);
}

TEST_F(Starting, ASecretIsAskedFor) {
  std::ofstream(folder_.path + "/secret") << "s3cret\n";
  TestNode node(with({"--secret-file", folder_.path + "/secret"}));
  ASSERT_TRUE(node.start());
  TestClient client = node.client();
  EXPECT_EQ(client.ask({"GET", "k"}), "NOAUTH Authentication required.");
  EXPECT_EQ(client.ask({"AUTH", "s3cret"}), "OK");
  EXPECT_EQ(client.ask({"GET", "k"}), "(nil)");
}

TEST_F(Starting, TakesAFileOfOptions) {
  std::ofstream(folder_.path + "/node.json")
      << "{ // a node\n \"id\": \"n1\", \"members\": {\"n1\": \"127.0.0.1:" << peer_.port
      << "\"},\n \"data\": \"" << folder_.path
      << "/data\", \"settings\": {\"n\": 1, \"r\": 1, \"w\": 1}, \"log_level\": \"off\"}";
  TestNode node({"--config", folder_.path + "/node.json", "--set", "request_timeout_ms=321"});
  ASSERT_TRUE(node.start()) << node.errors;
  EXPECT_EQ(node.client().command({"CONFIG", "GET", "request_timeout_ms"}).items.at(1).text, "321");
}

// ---- Three nodes -------------------------------------------------------------------------------

class ThreeDaemons : public testing::Test {
 protected:
  void SetUp() override {
    std::string members;
    for (int i = 0; i < 3; ++i) {
      members += (i > 0 ? ",n" : "n") + std::to_string(i + 1) +
                 "=127.0.0.1:" + std::to_string(ports_[i].port);
    }
    for (int i = 0; i < 3; ++i) {
      const std::string name = "n" + std::to_string(i + 1);
      const std::string base = folder_.path + "/" + name;
      nodes_.push_back(std::make_unique<TestNode>(
          std::vector<std::string>{"--id",        name,
                                   "--members",   members,
                                   "--data",      base,
                                   "--events",    base + ".events",
                                   "--log-file",  base + ".log",
                                   "--log-level", "debug",
                                   "--set",       "hint_holder=coordinator",
                                   "--set",       "heartbeat_interval_ms=100",
                                   "--set",       "failure_timeout_ms=600",
                                   "--set",       "handoff_retry_ms=100",
                                   "--set",       "anti_entropy=off"}));
      ASSERT_TRUE(nodes_.back()->start()) << nodes_.back()->errors;
    }
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(eventually([&] { return write(i, "probe", "x", 3).error == ErrorCode::none; }));
    }
  }

  ClientReply write(int node, const std::string& key, const std::string& value, std::uint32_t w) {
    ClientWrite request;
    request.key = key;
    request.value = value;
    request.options.w = w;
    const auto reply = nodes_[node]->client().request<ClientReply>(request);
    EXPECT_TRUE(reply.has_value()) << reply.error().message;
    return reply.has_value() ? *reply : ClientReply{};
  }
  StatusReply status(int node) {
    return *nodes_[node]->client().request<StatusReply>(StatusRequest{});
  }

  TestFolder folder_;
  ReservedPort ports_[3];
  std::vector<std::unique_ptr<TestNode>> nodes_;
};

TEST_F(ThreeDaemons, ReplicateAndAnswerEverywhere) {
  EXPECT_EQ(write(0, "k", "v", 3).real_acks, 3u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(nodes_[i]->client().ask({"GET", "k"}), "v");
}

TEST_F(ThreeDaemons, HintsReachANodeThatCameBack) {
  nodes_[2]->kill();
  ASSERT_TRUE(eventually([&] {
    const StatusReply reply = status(0);
    return !reply.peers.at(1).up;
  }));
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(write(0, "k" + std::to_string(i), "v", 2).error, ErrorCode::none);
  }
  EXPECT_TRUE(eventually([&] { return status(0).pending == 50; })) << status(0).pending;
  ASSERT_TRUE(nodes_[2]->start());
  EXPECT_TRUE(eventually([&] {
    const StatusReply reply = status(0);
    return reply.pending == 0 && reply.ledger.delivered == 50;
  }));
  for (int i = 0; i < 50; ++i) {
    const auto replica = nodes_[2]->client().request<ReplicaReadReply>(
        ReplicaRead{0, "k" + std::to_string(i), false});
    EXPECT_TRUE(replica->found) << i;
  }
  // The event logs tell the same story.
  int stored = 0, delivered = 0;
  std::istringstream lines(read_file(folder_.path + "/n1.events"));
  for (std::string line; std::getline(lines, line);) {
    const auto event = decode_event(line);
    ASSERT_TRUE(event.has_value()) << line;
    stored += event->kind == EventKind::hint_stored ? 1 : 0;
    delivered += event->kind == EventKind::hint_delivered ? 1 : 0;
  }
  EXPECT_EQ(stored, 50);
  EXPECT_EQ(delivered, 50);
}

TEST_F(ThreeDaemons, APausedNodeIsMissedAndFoundAgain) {
  nodes_[2]->signal(SIGSTOP);
  EXPECT_EQ(write(0, "k", "v", 2).error, ErrorCode::none);
  EXPECT_TRUE(eventually([&] { return !status(0).peers.at(1).up; }));
  nodes_[2]->signal(SIGCONT);
  EXPECT_TRUE(eventually([&] { return write(0, "k", "w", 3).error == ErrorCode::none; }));
}

TEST_F(ThreeDaemons, StrangersOnThePeerPortChangeNothing) {
  std::vector<std::unique_ptr<TestClient>> strangers;
  for (int i = 0; i < 100; ++i) {
    strangers.push_back(std::make_unique<TestClient>(nodes_[0]->peer_port));
    if (i % 2 == 0) strangers.back()->send(std::string("\x08\0\0\0garbage", 11));
  }
  EXPECT_EQ(write(0, "k", "v", 3).error, ErrorCode::none);
  for (auto& stranger : strangers) EXPECT_TRUE(stranger->is_closed_within(4000));
  EXPECT_EQ(write(1, "k", "w", 3).error, ErrorCode::none);
}

}  // namespace
}  // namespace holdfast::node
