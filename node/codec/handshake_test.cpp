#include "node/codec/handshake.h"

#include <gtest/gtest.h>

#include "node/base/random.h"

namespace holdfast::node {
namespace {

PeerIdentity identity(NodeId node) {
  PeerIdentity self;
  self.cluster = "test";
  self.secret = "s3cret";
  self.ring = ring_fingerprint(Config{}, 3);
  self.members = 3;
  self.node = node;
  return self;
}

const std::string kNonceA(kNonceBytes, 'a');
const std::string kNonceB(kNonceBytes, 'b');

// Runs a whole handshake; the first error, or nothing.
std::string run(const PeerIdentity& opener_self, NodeId looks_for,
                const PeerIdentity& acceptor_self) {
  Handshake acceptor = Handshake::accepting(acceptor_self, kNonceA);
  Handshake opener = Handshake::opening(opener_self, looks_for, kNonceB);
  const Result<std::string> hello = opener.receive(acceptor.start());
  if (!hello) return hello.error().message;
  const Result<std::string> welcome = acceptor.receive(*hello);
  if (!welcome) {
    // The opener learns the same reason.
    const Result<std::string> end = opener.receive(acceptor.refusal());
    EXPECT_FALSE(end.has_value());
    EXPECT_FALSE(opener.done());
    return welcome.error().message;
  }
  const Result<std::string> end = opener.receive(*welcome);
  if (!end) return end.error().message;
  EXPECT_TRUE(opener.done() && acceptor.done());
  EXPECT_EQ(acceptor.peer(), opener_self.node);
  EXPECT_EQ(opener.peer(), acceptor_self.node);
  return {};
}

TEST(Handshake, TwoMembersMeet) { EXPECT_EQ(run(identity(1), 2, identity(2)), ""); }

TEST(Handshake, WithoutASecretAnyoneIsLetIn) {
  PeerIdentity a = identity(0), b = identity(1);
  a.secret = b.secret = "";
  EXPECT_EQ(run(a, 1, b), "");
}

TEST(Handshake, TheSecretMustBeTheSame) {
  PeerIdentity a = identity(0);
  for (const std::string secret : {"", "other"}) {
    a.secret = secret;
    EXPECT_NE(run(a, 1, identity(1)).find("secret"), std::string::npos);
    EXPECT_NE(run(identity(1), 0, a).find("secret"), std::string::npos);
  }
}

TEST(Handshake, ClusterMembersAndRingMustBeTheSame) {
  PeerIdentity a = identity(0);
  a.cluster = "other";
  EXPECT_NE(run(a, 1, identity(1)).find("cluster 'other'"), std::string::npos);
  a = identity(0);
  a.members = 4;
  EXPECT_NE(run(a, 1, identity(1)).find("4 members"), std::string::npos);
  a = identity(0);
  Config config;
  config.virtual_nodes = 17;
  a.ring = ring_fingerprint(config, 3);
  EXPECT_NE(run(a, 1, identity(1)).find("ring"), std::string::npos);
}

TEST(Handshake, MustReachTheRightNode) {
  EXPECT_NE(run(identity(0), 2, identity(1)).find("another node here: n3"), std::string::npos);
  EXPECT_NE(run(identity(1), 1, identity(1)).find("node number"), std::string::npos);
}

TEST(Handshake, AProofIsOfNoUseTwice) {
  const PeerIdentity opener_self = identity(0), acceptor_self = identity(1);
  Handshake opener = Handshake::opening(opener_self, 1, kNonceB);
  const Result<std::string> hello =
      opener.receive(Handshake::accepting(acceptor_self, kNonceA).start());
  ASSERT_TRUE(hello.has_value());
  Handshake later = Handshake::accepting(acceptor_self, std::string(kNonceBytes, 'c'));
  EXPECT_FALSE(later.receive(*hello).has_value());
}

TEST(Handshake, StepsOutOfOrderAreRefused) {
  const PeerIdentity self = identity(0);
  Handshake acceptor = Handshake::accepting(self, kNonceA);
  EXPECT_FALSE(acceptor.receive(acceptor.start()).has_value());
  Handshake opener = Handshake::opening(self, 1, kNonceB);
  EXPECT_FALSE(opener.receive("").has_value());
  ASSERT_TRUE(opener.receive(acceptor.start()).has_value());
  EXPECT_FALSE(opener.receive(acceptor.start()).has_value());
}

TEST(Handshake, RandomBytesAreSafe) {
  const PeerIdentity self = identity(0);
  Random random(1);
  for (int i = 0; i < 20000; ++i) {
    std::string bytes(random.below(80), '\0');
    for (char& c : bytes) c = static_cast<char>(random.next());
    EXPECT_FALSE(Handshake::accepting(self, kNonceA).receive(bytes).has_value());
    Handshake opener = Handshake::opening(self, 1, kNonceB);
    (void)opener.receive(bytes);
    EXPECT_FALSE(opener.done());
  }
}

TEST(RingFingerprint, ChangesWithTheRingOnly) {
  Config config;
  const std::uint64_t base = ring_fingerprint(config, 5);
  EXPECT_NE(base, ring_fingerprint(config, 6));
  config.w = 3;
  EXPECT_EQ(base, ring_fingerprint(config, 5));
  config.n = 5;
  EXPECT_NE(base, ring_fingerprint(config, 5));
}

}  // namespace
}  // namespace holdfast::node
