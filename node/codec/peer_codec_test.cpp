#include "node/codec/peer_codec.h"

#include <gtest/gtest.h>

#include "node/codec/arbitrary.h"

namespace holdfast::node {
namespace {

template <class T>
class PeerCodec : public testing::Test {};

using PeerMessages =
    testing::Types<Heartbeat, ReplicaWrite, ReplicaWriteReply, ReplicaRead, ReplicaReadReply,
                   HandoffOffer, HandoffGrant, HintDelivery, HintDeliveryReply, TreeCompare,
                   TreeDifference, LeafSummary, LeafDifference, RepairRows, RepairRowsReply>;
TYPED_TEST_SUITE(PeerCodec, PeerMessages);

// What the protocol cannot say: clocks below zero, a row that need not be sent.
template <class T>
void restrict(T&) {}
void restrict(ReplicaReadReply& message) {
  if (message.same) message.row = {};
}
void restrict(Heartbeat& message) { message.clock_us &= std::numeric_limits<std::int64_t>::max(); }

template <class T>
Envelope arbitrary_envelope(Arbitrary& arbitrary) {
  T message = arbitrary.make<T>();
  restrict(message);
  Envelope envelope;
  envelope.from = Address::of_node(static_cast<NodeId>(arbitrary.random().below(kNoNode)));
  envelope.to = Address::of_node(static_cast<NodeId>(arbitrary.random().below(kNoNode)));
  envelope.message = std::move(message);
  return envelope;
}

TYPED_TEST(PeerCodec, RoundTrips) {
  Arbitrary arbitrary(1);
  for (int i = 0; i < 500; ++i) {
    const Envelope before = arbitrary_envelope<TypeParam>(arbitrary);
    ASSERT_TRUE(is_peer_message(before.message));
    std::string bytes = "kept";
    encode(before, bytes);
    ASSERT_EQ(bytes.substr(0, 4), "kept");
    const Result<Envelope> after = decode_envelope(std::string_view(bytes).substr(4));
    ASSERT_TRUE(after.has_value()) << after.error().message;
    ASSERT_EQ(after->from, before.from);
    ASSERT_EQ(after->to, before.to);
    ASSERT_TRUE(std::holds_alternative<TypeParam>(after->message));
    ASSERT_TRUE(same(std::get<TypeParam>(after->message), std::get<TypeParam>(before.message)));
  }
}

TYPED_TEST(PeerCodec, DefaultsRoundTrip) {
  const Envelope before{Address::of_node(0), Address::of_node(1), Durability::none, TypeParam{}};
  std::string bytes;
  encode(before, bytes);
  const Result<Envelope> after = decode_envelope(bytes);
  ASSERT_TRUE(after.has_value());
  ASSERT_TRUE(same(std::get<TypeParam>(after->message), TypeParam{}));
}

// A damaged message decodes to an error or to some message of this protocol, never to anything
// that could not be sent.
TYPED_TEST(PeerCodec, DamagedBytesAreSafe) {
  Arbitrary arbitrary(2);
  int refused = 0;
  for (int i = 0; i < 2000; ++i) {
    std::string bytes;
    encode(arbitrary_envelope<TypeParam>(arbitrary), bytes);
    const std::uint64_t flips = 1 + arbitrary.random().below(4);
    for (std::uint64_t f = 0; f < flips; ++f) {
      const std::uint64_t bit = arbitrary.random().below(bytes.size() * 8);
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    }
    if (arbitrary.random().chance(1, 4)) bytes.resize(arbitrary.random().below(bytes.size()));
    const Result<Envelope> after = decode_envelope(bytes);
    if (!after.has_value()) {
      ++refused;
      continue;
    }
    ASSERT_TRUE(is_peer_message(after->message));
    std::string again;
    encode(*after, again);
    const Result<Envelope> twice = decode_envelope(again);
    ASSERT_TRUE(twice.has_value()) << twice.error().message;
  }
  EXPECT_GT(refused, 0);
}

TEST(DecodeEnvelope, RandomBytesAreSafe) {
  Arbitrary arbitrary(3);
  for (int i = 0; i < 100000; ++i) {
    std::string bytes(arbitrary.random().below(64), '\0');
    for (char& c : bytes) c = static_cast<char>(arbitrary.random().next());
    const Result<Envelope> envelope = decode_envelope(bytes);
    ASSERT_TRUE(!envelope.has_value() || is_peer_message(envelope->message));
  }
}

TEST(DecodeEnvelope, RefusesWhatIsNotAMessage) {
  EXPECT_FALSE(decode_envelope("").has_value());
  EXPECT_FALSE(decode_envelope("GET / HTTP/1.1\r\n\r\n").has_value());
  EXPECT_FALSE(decode_envelope(std::string(1000, '\xff')).has_value());
}

TEST(IsPeerMessage, KnowsClientMessages) {
  EXPECT_FALSE(is_peer_message(ClientRead{}));
  EXPECT_FALSE(is_peer_message(StatusReply{}));
  EXPECT_FALSE(is_peer_message(ControlRequest{}));
  EXPECT_TRUE(is_peer_message(Heartbeat{}));
}

}  // namespace
}  // namespace holdfast::node
