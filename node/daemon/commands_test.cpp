#include "node/daemon/commands.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "node/codec/client_codec.h"
#include "node/core/settings.h"

namespace holdfast::node {
namespace {

// Keeps requests until the test answers them.
class FakeBackend : public Backend {
 public:
  struct Request {
    std::uint64_t command;
    std::uint32_t part;
    Message message;
  };

  bool submit(Session&, std::uint64_t command, std::uint32_t part, Message&& request) override {
    if (failing) return false;
    requests.push_back({command, part, std::move(request)});
    return true;
  }
  const Config& config() const override { return settings; }
  ServerFacts facts() const override { return {}; }
  const std::string& secret() const override { return cluster_secret; }

  std::deque<Request> requests;
  Config settings;
  std::string cluster_secret;
  bool failing = false;
};

class Commands : public testing::Test {
 protected:
  void run(const std::vector<std::string_view>& arguments) { session_.execute(arguments); }

  // Everything that has been replied since the last call.
  std::string replies() {
    std::string text = std::move(session_.output());
    session_.output().clear();
    return text;
  }

  std::string reply_to(const std::vector<std::string_view>& arguments) {
    run(arguments);
    return replies();
  }

  // Answers the oldest request.
  void answer(Message reply) {
    ASSERT_FALSE(backend_.requests.empty());
    const FakeBackend::Request request = std::move(backend_.requests.front());
    backend_.requests.pop_front();
    session_.complete(request.command, request.part, std::move(reply));
  }
  template <class T>
  const T& request(std::size_t index = 0) {
    return std::get<T>(backend_.requests.at(index).message);
  }

  static ClientReply found(std::string value) {
    ClientReply reply;
    reply.found = true;
    reply.value = std::move(value);
    return reply;
  }
  static ClientReply failed(ErrorCode code, std::string detail = {}) {
    ClientReply reply;
    reply.error = code;
    reply.detail = std::move(detail);
    return reply;
  }

  FakeBackend backend_;
  Session session_{7, backend_};
};

TEST_F(Commands, GetReadsAKey) {
  run({"get", "k"});
  EXPECT_EQ(request<ClientRead>().key, "k");
  EXPECT_EQ(replies(), "");
  answer(found("v"));
  EXPECT_EQ(replies(), "$1\r\nv\r\n");
  run({"GET", "k"});
  answer(ClientReply{});
  EXPECT_EQ(replies(), "$-1\r\n");
}

TEST_F(Commands, ErrorsCarryTheirCode) {
  run({"GET", "k"});
  answer(failed(ErrorCode::timeout));
  EXPECT_EQ(replies(), "-TIMEOUT the deadline passed before enough nodes answered\r\n");
  run({"SET", "k", "v"});
  answer(failed(ErrorCode::unavailable, "1 of 2 nodes"));
  EXPECT_EQ(replies(), "-UNAVAILABLE 1 of 2 nodes\r\n");
}

TEST_F(Commands, SetWritesAKey) {
  run({"SET", "k", "v", "keepttl"});
  EXPECT_EQ(request<ClientWrite>().key, "k");
  EXPECT_EQ(request<ClientWrite>().value, "v");
  EXPECT_FALSE(request<ClientWrite>().deleted);
  answer(ClientReply{});
  EXPECT_EQ(replies(), "+OK\r\n");
}

TEST_F(Commands, SetRefusesWhatItCannotHonour) {
  EXPECT_EQ(reply_to({"SET", "k", "v", "EX", "5"}),
            "-UNSUPPORTED SET EX: this store has no expiry\r\n");
  EXPECT_EQ(reply_to({"SET", "k", "v", "nx"}),
            "-UNSUPPORTED SET NX: this store cannot read and write in one step\r\n");
  EXPECT_EQ(reply_to({"SET", "k", "v", "GET"}),
            "-UNSUPPORTED SET GET: this store cannot read and write in one step\r\n");
  EXPECT_EQ(reply_to({"SET", "k", "v", "w"}), "-ERR syntax error\r\n");
  EXPECT_TRUE(backend_.requests.empty());
}

TEST_F(Commands, RepliesKeepTheOrderOfCommands) {
  run({"GET", "a"});
  run({"PING"});
  run({"GET", "b"});
  run({"ECHO", "x"});
  session_.complete(backend_.requests[1].command, 0, found("second"));
  EXPECT_EQ(replies(), "");
  session_.complete(backend_.requests[0].command, 0, found("first"));
  EXPECT_EQ(replies(), "$5\r\nfirst\r\n+PONG\r\n$6\r\nsecond\r\n$1\r\nx\r\n");
  EXPECT_FALSE(session_.has_pending());
}

TEST_F(Commands, MgetKeepsTheOrderOfKeys) {
  run({"MGET", "a", "b", "c"});
  ASSERT_EQ(backend_.requests.size(), 3u);
  session_.complete(0, 2, found("3"));
  session_.complete(0, 0, found("1"));
  session_.complete(0, 1, ClientReply{});
  EXPECT_EQ(replies(), "*3\r\n$1\r\n1\r\n$-1\r\n$1\r\n3\r\n");
}

TEST_F(Commands, ManyKeysAreReadSomeAtATime) {
  std::vector<std::string> names = {"MGET"};
  for (int i = 0; i < 1000; ++i) names.push_back("k" + std::to_string(i));
  run({names.begin(), names.end()});
  for (int i = 0; i < 1000; ++i) {
    ASSERT_LE(backend_.requests.size(), 64u);
    ASSERT_EQ(request<ClientRead>().key, "k" + std::to_string(i));
    answer(found(std::to_string(i)));
  }
  const std::string text = replies();
  EXPECT_EQ(text.substr(0, 7), "*1000\r\n");
  EXPECT_EQ(text.substr(text.size() - 9), "$3\r\n999\r\n");
  EXPECT_NE(text.find("$3\r\n499\r\n$3\r\n500\r\n"), std::string::npos);
}

TEST_F(Commands, AReplyIsBounded) {
  std::vector<std::string_view> names(1000, "k");
  names[0] = "MGET";
  run(names);
  int answered = 0;
  for (; !backend_.requests.empty(); ++answered) answer(found(std::string(1 << 20, 'x')));
  EXPECT_LE(answered, 128);
  EXPECT_EQ(replies(), "-INVALID_REQUEST the values exceed 64 MiB; ask for fewer keys at once\r\n");
  // EXISTS keeps no values.
  names[0] = "EXISTS";
  run(names);
  while (!backend_.requests.empty()) answer(found(std::string(1 << 20, 'x')));
  EXPECT_EQ(replies(), ":999\r\n");
}

TEST_F(Commands, ExistsCountsKeys) {
  run({"EXISTS", "a", "b", "a"});
  answer(found(""));
  answer(ClientReply{});
  answer(found(""));
  EXPECT_EQ(replies(), ":2\r\n");
}

TEST_F(Commands, MsetSaysWhatIsCertain) {
  run({"MSET", "a", "1", "b", "2"});
  answer(ClientReply{});
  answer(ClientReply{});
  EXPECT_EQ(replies(), "+OK\r\n");
  // One is written: that the other certainly was not makes the whole uncertain.
  run({"MSET", "a", "1", "b", "2"});
  answer(ClientReply{});
  answer(failed(ErrorCode::unavailable));
  EXPECT_EQ(replies().substr(0, 33), "-QUORUM_FAILED 1 of 2 keys done; ");
  run({"MSET", "a", "1", "b", "2"});
  answer(failed(ErrorCode::unavailable));
  answer(failed(ErrorCode::timeout));
  EXPECT_EQ(replies().substr(0, 9), "-TIMEOUT ");
  run({"MSET", "a", "1", "b", "2"});
  answer(failed(ErrorCode::unavailable));
  answer(failed(ErrorCode::overloaded));
  EXPECT_EQ(replies().substr(0, 13), "-UNAVAILABLE ");
  EXPECT_EQ(reply_to({"MSET", "a", "1", "b"}),
            "-ERR wrong number of arguments for 'mset' command\r\n");
}

TEST_F(Commands, DelReadsThenDeletesAndLetsNothingPass) {
  run({"DEL", "a", "b"});
  EXPECT_FALSE(session_.can_execute());
  answer(found("x"));
  answer(ClientReply{});
  EXPECT_FALSE(session_.can_execute());
  ASSERT_EQ(backend_.requests.size(), 2u);
  EXPECT_TRUE(request<ClientWrite>(0).deleted);
  EXPECT_EQ(request<ClientWrite>(1).key, "b");
  answer(ClientReply{});
  answer(ClientReply{});
  EXPECT_EQ(replies(), ":1\r\n");
  EXPECT_TRUE(session_.can_execute());
}

TEST_F(Commands, DelThatCannotReadDeletesNothing) {
  run({"DEL", "a"});
  answer(failed(ErrorCode::timeout));
  EXPECT_TRUE(backend_.requests.empty());
  const std::string reply = replies();
  EXPECT_EQ(reply.substr(0, 13), "-UNAVAILABLE ");
  EXPECT_TRUE(is_definite(error_of_resp(reply.substr(1))));
  EXPECT_TRUE(session_.can_execute());
}

TEST_F(Commands, AFailingStoreIsDefinite) {
  backend_.failing = true;
  EXPECT_EQ(reply_to({"SET", "k", "v"}).substr(0, 16), "-STORAGE_FAILED ");
  EXPECT_EQ(reply_to({"DEL", "k"}).substr(0, 16), "-STORAGE_FAILED ");
  EXPECT_EQ(reply_to({"MGET", "k", "l"}).substr(0, 16), "-STORAGE_FAILED ");
  EXPECT_EQ(reply_to({"INFO"}).substr(0, 16), "-STORAGE_FAILED ");
  EXPECT_TRUE(session_.can_execute());
  // In the middle of a command, and behind one that waits.
  backend_.failing = false;
  run({"GET", "k"});
  backend_.failing = true;
  run({"SET", "k", "v"});
  EXPECT_EQ(replies(), "");
  answer(found("v"));
  EXPECT_EQ(replies().substr(0, 23), "$1\r\nv\r\n-STORAGE_FAILED ");
  backend_.failing = false;
  run({"DEL", "k"});
  backend_.failing = true;
  answer(found("v"));
  EXPECT_EQ(replies().substr(0, 16), "-STORAGE_FAILED ");
  EXPECT_TRUE(session_.can_execute());
}

TEST_F(Commands, OwnQuorumsAreForwarded) {
  run({"HF.SET", "k", "v", "W", "3", "QUORUM", "sloppy"});
  EXPECT_EQ(request<ClientWrite>().options.w, 3u);
  EXPECT_EQ(request<ClientWrite>().options.quorum, QuorumKind::sloppy);
  ClientReply reply;
  reply.acks = {{0, Role::home, kNoNode}, {3, Role::hint, 2}};
  answer(reply);
  const std::string text = replies();
  EXPECT_EQ(text.substr(0, 5), "*18\r\n");
  EXPECT_NE(text.find("n4:n3"), std::string::npos);
  EXPECT_EQ(reply_to({"HF.SET", "k", "v", "R", "3"}),
            "-INVALID_REQUEST expected ID, QUORUM, W, PW or TIMEOUT, got 'R'\r\n");
}

TEST_F(Commands, HelloChoosesTheVersion) {
  EXPECT_EQ(reply_to({"HELLO"}).substr(0, 5), "*14\r\n");
  const std::string reply = reply_to({"HELLO", "3", "SETNAME", "me"});
  EXPECT_EQ(reply.substr(0, 4), "%7\r\n");
  EXPECT_NE(reply.find("$5\r\nproto\r\n:3\r\n$2\r\nid\r\n:7\r\n"), std::string::npos);
  EXPECT_EQ(reply_to({"CLIENT", "GETNAME"}), "$2\r\nme\r\n");
  run({"GET", "k"});
  answer(ClientReply{});
  EXPECT_EQ(replies(), "_\r\n");
  EXPECT_EQ(reply_to({"HELLO", "4"}), "-NOPROTO unsupported protocol version\r\n");
  EXPECT_EQ(reply_to({"HELLO", "2", "SETNAME"}), "-ERR Syntax error in HELLO\r\n");
  EXPECT_EQ(reply_to({"CLIENT", "GETNAME"}), "$2\r\nme\r\n");
}

// A command keeps the version that was chosen when it was sent.
TEST_F(Commands, VersionsFollowTheOrderOfCommands) {
  run({"GET", "k"});
  run({"HELLO", "3"});
  run({"GET", "k"});
  answer(ClientReply{});
  answer(ClientReply{});
  const std::string text = replies();
  EXPECT_EQ(text.substr(0, 5), "$-1\r\n");
  EXPECT_EQ(text.substr(text.size() - 3), "_\r\n");
}

TEST_F(Commands, ASecretMustBeShown) {
  backend_.cluster_secret = "s3cret";
  EXPECT_EQ(reply_to({"GET", "k"}), "-NOAUTH Authentication required.\r\n");
  EXPECT_EQ(reply_to({"HF.STATUS"}), "-NOAUTH Authentication required.\r\n");
  EXPECT_EQ(reply_to({"AUTH", "wrong"}).substr(0, 11), "-WRONGPASS ");
  EXPECT_EQ(reply_to({"HELLO", "3"}).substr(0, 8), "-NOAUTH ");
  EXPECT_EQ(reply_to({"HELLO", "3", "AUTH", "default", "wrong"}).substr(0, 11), "-WRONGPASS ");
  EXPECT_EQ(reply_to({"PING"}), "-NOAUTH Authentication required.\r\n");
  EXPECT_EQ(reply_to({"AUTH", "s3cret"}), "+OK\r\n");
  EXPECT_EQ(reply_to({"PING"}), "+PONG\r\n");
  // A wrong secret afterwards takes the right away again.
  EXPECT_EQ(reply_to({"AUTH", "default", "x"}).substr(0, 11), "-WRONGPASS ");
  EXPECT_EQ(reply_to({"PING"}), "-NOAUTH Authentication required.\r\n");
}

TEST_F(Commands, ConfigGetTakesPatterns) {
  backend_.settings.w = 3;
  EXPECT_EQ(reply_to({"CONFIG", "GET", "w"}), "*2\r\n$1\r\nw\r\n$1\r\n3\r\n");
  EXPECT_EQ(reply_to({"CONFIG", "GET", "unknown"}), "*0\r\n");
  // What redis-benchmark asks for.
  EXPECT_EQ(reply_to({"CONFIG", "GET", "save"}), "*2\r\n$4\r\nsave\r\n$0\r\n\r\n");
  EXPECT_EQ(reply_to({"CONFIG", "GET", "appendonly"}), "*2\r\n$10\r\nappendonly\r\n$3\r\nyes\r\n");
  const std::string all = reply_to({"CONFIG", "GET", "*"});
  EXPECT_EQ(all.substr(0, all.find('\r')), "*" + std::to_string(2 * all_settings().size()));
  EXPECT_EQ(reply_to({"CONFIG", "GET", "P[RW]", "pr"}),
            "*4\r\n$2\r\npr\r\n$1\r\n0\r\n$2\r\npw\r\n$1\r\n0\r\n");
}

TEST_F(Commands, ConfigSetAsksTheNode) {
  run({"CONFIG", "SET", "w", "2", "r", "x"});
  EXPECT_EQ(request<ControlRequest>().action, ControlAction::config_set);
  EXPECT_EQ(request<ControlRequest>(1).name, "r");
  answer(ControlReply{true, ""});
  answer(ControlReply{false, "r: expected a number"});
  EXPECT_EQ(replies(), "-ERR CONFIG SET failed - r: expected a number\r\n");
  run({"CONFIG", "SET", "w", "2"});
  answer(ControlReply{true, ""});
  EXPECT_EQ(replies(), "+OK\r\n");
  EXPECT_EQ(reply_to({"CONFIG", "SET", "w"}).substr(0, 5), "-ERR ");
  EXPECT_EQ(reply_to({"CONFIG", "REWRITE"}).substr(0, 5), "-ERR ");
}

TEST_F(Commands, ConnectionCommands) {
  EXPECT_EQ(reply_to({"PING", "x"}), "$1\r\nx\r\n");
  EXPECT_EQ(reply_to({"SELECT", "0"}), "+OK\r\n");
  EXPECT_EQ(reply_to({"SELECT", "1"}), "-ERR DB index is out of range\r\n");
  EXPECT_EQ(reply_to({"CLIENT", "ID"}), ":7\r\n");
  EXPECT_EQ(reply_to({"CLIENT", "GETNAME"}), "$-1\r\n");
  EXPECT_EQ(reply_to({"CLIENT", "SETNAME", "a b"}).substr(0, 5), "-ERR ");
  EXPECT_EQ(reply_to({"CLIENT", "SETNAME", "ab"}), "+OK\r\n");
  EXPECT_EQ(reply_to({"CLIENT", "SETINFO", "LIB-NAME", "redis-py"}), "+OK\r\n");
  EXPECT_EQ(reply_to({"CLIENT", "SETINFO", "COLOUR", "x"}),
            "-ERR Unrecognized option or value\r\n");
  EXPECT_EQ(reply_to({"CLIENT", "KILL"}).substr(0, 5), "-ERR ");
}

TEST_F(Commands, QuitWaitsForWhatIsUnderWay) {
  run({"GET", "k"});
  run({"QUIT"});
  EXPECT_FALSE(session_.can_execute());
  EXPECT_FALSE(session_.is_closing());
  answer(found("v"));
  EXPECT_EQ(replies(), "$1\r\nv\r\n+OK\r\n");
  EXPECT_TRUE(session_.is_closing());
}

TEST_F(Commands, ABrokenProtocolEndsTheSession) {
  run({"GET", "k"});
  session_.refuse("ERR Protocol error: x");
  EXPECT_FALSE(session_.can_execute());
  answer(found("v"));
  EXPECT_EQ(replies(), "$1\r\nv\r\n-ERR Protocol error: x\r\n");
  EXPECT_TRUE(session_.is_closing());
}

TEST_F(Commands, UnknownCommandsAndWrongCounts) {
  EXPECT_EQ(reply_to({"EXPIRE", "k", "5"}).substr(0, 31), "-ERR unknown command 'EXPIRE' (");
  EXPECT_EQ(reply_to({"GET"}), "-ERR wrong number of arguments for 'get' command\r\n");
  EXPECT_EQ(reply_to({"GET", "a", "b"}), "-ERR wrong number of arguments for 'get' command\r\n");
  EXPECT_EQ(reply_to({""}).substr(0, 5), "-ERR ");
  const std::string control("\x01\x02\r\n", 4);
  EXPECT_EQ(reply_to({control}).substr(21, 6), "'" + std::string(4, '?') + "'");
  EXPECT_FALSE(session_.is_closing());
  EXPECT_EQ(reply_to({"POST", "/", "HTTP/1.1"}).substr(0, 5), "-ERR ");
  EXPECT_TRUE(session_.is_closing());
}

TEST_F(Commands, TheTableIsSortedAndComplete) {
  const auto all = all_commands();
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(),
                             [](const auto& a, const auto& b) { return a.name < b.name; }));
  for (const CommandEntry& entry : all) EXPECT_EQ(find_command(entry.name), &entry);
  EXPECT_EQ(reply_to({"COMMAND", "COUNT"}), ":" + std::to_string(all.size()) + "\r\n");
  EXPECT_EQ(reply_to({"COMMAND", "INFO", "get", "nope"}),
            "*2\r\n*6\r\n$3\r\nget\r\n:2\r\n*1\r\n+readonly\r\n:1\r\n:1\r\n:1\r\n$-1\r\n");
  EXPECT_EQ(reply_to({"COMMAND", "DOCS", "get"}).substr(0, 22), "*2\r\n$3\r\nget\r\n*6\r\n$7\r\ns");
  EXPECT_EQ(reply_to({"COMMAND"}).substr(0, 3), "*" + std::to_string(all.size()));
  EXPECT_EQ(reply_to({"HF.HELP"}).substr(0, 5),
            "*" + std::to_string(command_help().size()) + "\r\n");
}

TEST_F(Commands, UnorderedRepliesComeAsTheyAreReady) {
  EXPECT_EQ(reply_to({"HF.UNORDERED"}), "+OK\r\n");
  EXPECT_EQ(reply_to({"PING"}), "*2\r\n:0\r\n+PONG\r\n");
  run({"GET", "slow"});
  run({"GET", "fast"});
  const FakeBackend::Request slow = std::move(backend_.requests.front());
  backend_.requests.pop_front();
  answer(found("2"));
  EXPECT_EQ(replies(), "*2\r\n:2\r\n$1\r\n2\r\n");
  EXPECT_EQ(reply_to({"PING"}), "*2\r\n:3\r\n+PONG\r\n");
  EXPECT_TRUE(session_.has_pending());
  session_.complete(slow.command, slow.part, found("1"));
  EXPECT_EQ(replies(), "*2\r\n:1\r\n$1\r\n1\r\n");
  EXPECT_FALSE(session_.has_pending());
  backend_.failing = true;
  EXPECT_EQ(reply_to({"GET", "k"}).substr(0, 13), "*2\r\n:4\r\n-STOR");
}

TEST_F(Commands, UnorderedComesFirst) {
  run({"GET", "k"});
  run({"HF.UNORDERED"});
  answer(found("v"));
  EXPECT_EQ(replies(),
            "$1\r\nv\r\n-ERR a command is still under way: HF.UNORDERED comes first\r\n");
}

// A slow command must not stop thousands of others.
TEST_F(Commands, UnorderedCommandsOvertakeASlowOne) {
  run({"HF.UNORDERED"});
  run({"GET", "slow"});
  for (int i = 0; i < 5000; ++i) {
    ASSERT_TRUE(session_.can_execute()) << i;
    run({"GET", "k"});
    const FakeBackend::Request request = std::move(backend_.requests.back());
    backend_.requests.pop_back();
    session_.complete(request.command, request.part, found("v"));
  }
}

TEST_F(Commands, InfoHasSections) {
  run({"INFO", "server"});
  answer(StatusReply{});
  const std::string text = replies();
  EXPECT_NE(text.find("# Server\r\nredis_version:"), std::string::npos);
  EXPECT_EQ(text.find("# Clients"), std::string::npos);
  run({"INFO"});
  answer(StatusReply{});
  EXPECT_NE(replies().find("# Clients"), std::string::npos);
}

// Sends GETs until the session wants no more, and says how many.
TEST_F(Commands, LargeRepliesLeaveFewUnderWay) {
  const auto fill = [this] {
    while (session_.can_execute()) run({"GET", "k"});
    return backend_.requests.size();
  };
  EXPECT_LE(fill(), 16u);  // nothing is known yet
  for (int i = 0; i < 5000; ++i) {
    fill();
    answer(found("small"));
  }
  EXPECT_GE(fill(), 1000u);
  while (!backend_.requests.empty()) answer(found(std::string(100000, 'x')));
  EXPECT_LE(fill(), 10u);
  while (!backend_.requests.empty()) answer(found(std::string(5000000, 'x')));
  EXPECT_EQ(fill(), 2u);
}

}  // namespace
}  // namespace holdfast::node
