#include "node/codec/client_codec.h"

#include <gtest/gtest.h>

#include "node/codec/arbitrary.h"
#include "node/codec/client_fields.h"
#include "node/codec/resp_command.h"

namespace holdfast::node {
namespace {

Result<Message> pass(const Message& request) {
  std::string bytes;
  encode_command(request, bytes);
  CommandReader reader;
  reader.append(bytes);
  std::vector<std::string_view> arguments;
  EXPECT_EQ(reader.next(arguments), RespState::complete);
  return decode_command(arguments);
}

template <class T>
void expect_round_trip(const T& request) {
  const Result<Message> after = pass(request);
  ASSERT_TRUE(after.has_value()) << after.error().message;
  ASSERT_TRUE(std::holds_alternative<T>(*after));
  EXPECT_TRUE(same(std::get<T>(*after), request));
}

// What a command can say: whole milliseconds above 0, and the options of its kind.
void restrict(RequestOptions& options, bool writes, Random& random) {
  if (options.timeout) {
    options.timeout = std::chrono::milliseconds(1 + random.below(600'000));
  }
  if (writes) {
    options.r = options.pr = std::nullopt;
  } else {
    options.w = options.pw = std::nullopt;
  }
}

TEST(ClientRequests, ReadsAndWritesRoundTrip) {
  Arbitrary arbitrary(1);
  for (int i = 0; i < 1000; ++i) {
    auto read = arbitrary.make<ClientRead>();
    restrict(read.options, false, arbitrary.random());
    expect_round_trip(read);
    auto write = arbitrary.make<ClientWrite>();
    restrict(write.options, true, arbitrary.random());
    if (write.deleted) write.value.clear();
    expect_round_trip(write);
    auto replica = arbitrary.make<ReplicaRead>();
    replica.request = 0;
    replica.known = {};
    expect_round_trip(replica);
  }
}

TEST(ClientRequests, OperatorsRequestsRoundTrip) {
  Arbitrary arbitrary(2);
  for (int i = 0; i < 300; ++i) {
    auto dump = arbitrary.make<DumpRequest>();
    dump.limit |= 1;
    expect_round_trip(dump);
    auto list = arbitrary.make<HintListRequest>();
    list.limit |= 1;
    list.destination &= 0xff;
    expect_round_trip(list);
  }
  expect_round_trip(StatusRequest{});
}

TEST(ClientRequests, ControlRoundTrips) {
  using A = ControlAction;
  for (const A action : {A::pause_accepting, A::resume_accepting, A::create_sync_point}) {
    expect_round_trip(ControlRequest{action, kNoNode, "", ""});
  }
  for (const A action : {A::pause_delivering, A::resume_delivering, A::start_anti_entropy}) {
    expect_round_trip(ControlRequest{action, kNoNode, "", ""});
    expect_round_trip(ControlRequest{action, 2, "", ""});
  }
  expect_round_trip(ControlRequest{A::drop_hints, 4, "", ""});
  expect_round_trip(ControlRequest{A::check_sync_point, kNoNode, "token", ""});
  expect_round_trip(ControlRequest{A::config_get, kNoNode, "w", ""});
  expect_round_trip(ControlRequest{A::config_set, kNoNode, "w", "1"});
}

TEST(ClientRequests, AreReadInAnyCase) {
  const std::vector<std::string_view> arguments = {"hf.get", "k",  "quorum", "Sloppy",  "r",
                                                   "2",      "PR", "1",      "timeout", "250"};
  const Result<Message> request = decode_command(arguments);
  ASSERT_TRUE(request.has_value());
  const auto& read = std::get<ClientRead>(*request);
  EXPECT_EQ(read.options.quorum, QuorumKind::sloppy);
  EXPECT_EQ(read.options.r, 2u);
  EXPECT_EQ(read.options.pr, 1u);
  EXPECT_EQ(read.options.timeout, std::chrono::milliseconds(250));
}

TEST(ClientRequests, RefusalsSayWhatWasExpected) {
  const auto error = [](std::vector<std::string_view> arguments) {
    const Result<Message> request = decode_command(arguments);
    return request.has_value() ? "accepted" : request.error().message;
  };
  EXPECT_EQ(error({"HF.GET"}), "HF.GET needs a key");
  EXPECT_EQ(error({"HF.GET", "k", "W", "1"}), "expected QUORUM, R, PR or TIMEOUT, got 'W'");
  EXPECT_EQ(error({"HF.GET", "k", "R"}), "expected an option and its value, got 'R'");
  EXPECT_EQ(error({"HF.GET", "k", "R", "-1"}), "expected a number of nodes after R, got '-1'");
  EXPECT_EQ(error({"HF.GET", "k", "QUORUM", "most"}),
            "expected strict, sloppy or any after QUORUM, got 'most'");
  EXPECT_EQ(error({"HF.SET", "k", "v", "TIMEOUT", "0"}),
            "expected 1 to 600000 milliseconds after TIMEOUT, got '0'");
  EXPECT_EQ(error({"HF.SET", "k", "v", "TIMEOUT", "600001"}),
            "expected 1 to 600000 milliseconds after TIMEOUT, got '600001'");
  EXPECT_EQ(error({"HF.SET", "k", "v", "ID", std::string_view("00000000000000000000000000000000")}),
            "expected 32 hexadecimal digits, not all 0, after ID, got "
            "'00000000000000000000000000000000'");
  EXPECT_EQ(error({"HF.SET", "k"}), "HF.SET needs key, value");
  EXPECT_EQ(error({"HF.DUMP", "x", "", "1"}), "expected a token (0 to begin), got 'x'");
  EXPECT_EQ(error({"HF.HINTS", "n0", "0", "1"}), "expected a node (n3), got 'n0'");
  EXPECT_EQ(error({"HF.CONTROL", "explode"}), "expected an action (see HF.HELP), got 'explode'");
  EXPECT_EQ(error({"HF.CONTROL", "drop_hints"}), "HF.CONTROL drop_hints takes 1 operands");
  EXPECT_EQ(error({"HF.CONTROL", "pause_delivering", "n1", "n2"}),
            "HF.CONTROL pause_delivering takes 0 or 1 operands");
  EXPECT_EQ(error({"HF.NOPE"}), "there is no command HF.NOPE (see HF.HELP)");
}

template <class T>
class ClientReplies : public testing::Test {};
using Replies = testing::Types<ClientReply, ReplicaReadReply, DumpReply, HintListReply, StatusReply,
                               ControlReply>;
TYPED_TEST_SUITE(ClientReplies, Replies);

// A home replica's acknowledgement has no destination; no node has the number kNoNode.
void restrict(ClientReply& reply) {
  for (Ack& ack : reply.acks) {
    ack.node &= 0xfff;
    if (ack.role == Role::home) ack.destination = kNoNode;
  }
}
// These travel in the request only.
void restrict(ReplicaReadReply& reply) {
  reply.request = 0;
  reply.same = false;
}
template <class T>
void restrict(T&) {}

RespValue parse(std::string_view bytes) {
  RespReader reader;
  reader.append(bytes);
  RespValue value;
  EXPECT_EQ(reader.next(value), RespState::complete);
  return value;
}

TYPED_TEST(ClientReplies, RoundTripInBothVersions) {
  Arbitrary arbitrary(3);
  for (int i = 0; i < 300; ++i) {
    auto before = arbitrary.make<TypeParam>();
    restrict(before);
    for (const RespVersion version : {RespVersion::v2, RespVersion::v3}) {
      std::string bytes;
      RespWriter writer(bytes, version);
      write_reply(before, writer);
      const Result<TypeParam> after = decode_reply<TypeParam>(parse(bytes));
      ASSERT_TRUE(after.has_value()) << after.error().message;
      ASSERT_TRUE(same(*after, before));
    }
  }
}

TYPED_TEST(ClientReplies, AMissingFieldIsNamed) {
  std::string bytes;
  RespWriter writer(bytes, RespVersion::v3);
  write_reply(TypeParam{}, writer);
  const RespValue whole = parse(bytes);
  for (std::size_t i = 0; i < whole.items.size(); i += 2) {
    RespValue part = whole;
    part.items.erase(part.items.begin() + static_cast<std::ptrdiff_t>(i),
                     part.items.begin() + static_cast<std::ptrdiff_t>(i + 2));
    const Result<TypeParam> reply = decode_reply<TypeParam>(part);
    ASSERT_FALSE(reply.has_value());
    EXPECT_NE(reply.error().message.find("'" + whole.items[i].text + "'"), std::string::npos);
  }
}

TYPED_TEST(ClientReplies, OtherValuesAreRefused) {
  for (const std::string bytes : {"+OK\r\n", ":1\r\n", "$-1\r\n", "*0\r\n", "*1\r\n:1\r\n"}) {
    EXPECT_FALSE(decode_reply<TypeParam>(parse(bytes)).has_value()) << bytes;
  }
}

TEST(ClientReplies, ErrorRepliesKeepTheirCode) {
  for (int i = 1; i < 12; ++i) {
    const auto code = static_cast<ErrorCode>(i);
    std::string bytes;
    RespWriter writer(bytes, RespVersion::v2);
    writer.error(resp_error(code, ""));
    const Result<ClientReply> reply = decode_reply<ClientReply>(parse(bytes));
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->error, code);
  }
  const Result<ClientReply> other = decode_reply<ClientReply>(parse("-ERR bad\r\n"));
  ASSERT_TRUE(other.has_value());
  EXPECT_EQ(other->error, ErrorCode::invalid_request);
  EXPECT_EQ(other->detail, "ERR bad");
  const Result<StatusReply> status = decode_reply<StatusReply>(parse("-NOAUTH first\r\n"));
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().message, "NOAUTH first");
}

TEST(Ack, HasAText) {
  EXPECT_EQ(to_string(Ack{0, Role::home, kNoNode}), "n1");
  EXPECT_EQ(to_string(Ack{3, Role::hint, 2}), "n4:n3");
  EXPECT_EQ(parse_ack("n4:n3"), (Ack{3, Role::hint, 2}));
  for (const std::string text : {"", "n0", "4", "n1:x", "n1:n2:n3", ":n1"}) {
    EXPECT_FALSE(parse_ack(text).has_value()) << text;
  }
}

TEST(CommandHelp, NamesEveryCommand) {
  std::string all;
  for (const std::string_view line : command_help()) all += line;
  for (const std::string name : {"HF.GET", "HF.SET", "HF.DEL", "HF.REPLICA", "HF.DUMP", "HF.HINTS",
                                 "HF.STATUS", "HF.CONTROL", "drop_hints", "config_set"}) {
    EXPECT_NE(all.find(name), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace holdfast::node
