#include "node/codec/handshake.h"

#include "node/base/check.h"
#include "node/base/hash.h"
#include "node/codec/keyed_hash.h"
#include "peer.pb.h"

namespace holdfast::node {
namespace {

namespace pb = holdfast::peer;

std::optional<pb::Handshake> parse(std::string_view body) {
  pb::Handshake step;
  if (body.size() > kMaxHandshakeBytes ||
      !step.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return std::nullopt;
  }
  return step;
}

std::string versions(std::uint32_t theirs) {
  return "it speaks version " + std::to_string(theirs) + " of the peer protocol, this node " +
         std::to_string(kPeerProtocol);
}

// Why these two cannot belong to one cluster; empty if they can.
std::string mismatch(const PeerIdentity& self, const pb::Hello& hello) {
  if (hello.protocol() != kPeerProtocol) return versions(hello.protocol());
  if (hello.cluster() != self.cluster) {
    return "it belongs to cluster '" + hello.cluster() + "', this node to '" + self.cluster + "'";
  }
  if (hello.members() != self.members) {
    return "it counts " + std::to_string(hello.members()) + " members, this node " +
           std::to_string(self.members);
  }
  if (hello.ring() != self.ring) return "its ring differs (n, virtual_nodes or merkle_leaves)";
  if (hello.acceptor() != self.node) {
    return "it looks for another node here: " +
           node_name(static_cast<NodeId>(hello.acceptor() & kNoNode));
  }
  if (hello.node() >= self.members || hello.node() == self.node) {
    return "its node number is not one of the other members'";
  }
  if (hello.nonce().size() != kNonceBytes) return "its nonce has the wrong size";
  return {};
}

}  // namespace

std::uint64_t ring_fingerprint(const Config& config, std::uint16_t members) {
  std::string text = "ring";
  for (const std::uint32_t number :
       {config.n, config.virtual_nodes, config.merkle_leaves, std::uint32_t{members}}) {
    text += ' ' + std::to_string(number);
  }
  return hash64(text);
}

Handshake::Handshake(const PeerIdentity& self, bool opener, NodeId peer, std::string nonce)
    : self_(&self), opener_(opener), peer_(peer), nonce_(std::move(nonce)) {
  CHECK(nonce_.size() == kNonceBytes);
}

Handshake Handshake::accepting(const PeerIdentity& self, std::string nonce) {
  return Handshake(self, false, kNoNode, std::move(nonce));
}

Handshake Handshake::opening(const PeerIdentity& self, NodeId acceptor, std::string nonce) {
  return Handshake(self, true, acceptor, std::move(nonce));
}

std::string Handshake::prove(std::string_view step, NodeId opener, NodeId acceptor) const {
  if (self_->secret.empty()) return {};
  const std::string& first = opener_ ? peer_nonce_ : nonce_;
  const std::string& second = opener_ ? nonce_ : peer_nonce_;
  return keyed_hash(self_->secret, std::string(step) + ' ' + first + second + ' ' +
                                       node_name(opener) + ' ' + node_name(acceptor));
}

Error Handshake::refuse(std::string why) {
  pb::Handshake step;
  step.mutable_welcome()->set_refusal(why);
  refusal_ = step.SerializeAsString();
  return fail("peer refused: " + why);
}

std::string Handshake::start() const {
  pb::Handshake step;
  step.mutable_challenge()->set_protocol(kPeerProtocol);
  step.mutable_challenge()->set_nonce(nonce_);
  return step.SerializeAsString();
}

Result<std::string> Handshake::receive(std::string_view body) {
  CHECK(!done_);
  const std::optional<pb::Handshake> step = parse(body);
  if (!step) return fail("peer handshake: not a Handshake");
  if (!opener_ && step->has_hello()) return receive_hello(step->hello());
  if (opener_ && step->has_challenge() && peer_nonce_.empty()) {
    return receive_challenge(step->challenge());
  }
  if (opener_ && step->has_welcome() && !peer_nonce_.empty()) {
    return receive_welcome(step->welcome());
  }
  return fail("peer handshake: a step out of order");
}

Result<std::string> Handshake::receive_challenge(const pb::Challenge& challenge) {
  if (challenge.protocol() != kPeerProtocol) return fail("peer: " + versions(challenge.protocol()));
  if (challenge.nonce().size() != kNonceBytes) return fail("peer handshake: bad nonce");
  peer_nonce_ = challenge.nonce();
  pb::Handshake reply;
  pb::Hello* hello = reply.mutable_hello();
  hello->set_protocol(kPeerProtocol);
  hello->set_cluster(self_->cluster);
  hello->set_ring(self_->ring);
  hello->set_members(self_->members);
  hello->set_node(self_->node);
  hello->set_acceptor(peer_);
  hello->set_nonce(nonce_);
  hello->set_proof(prove("hello", self_->node, peer_));
  return reply.SerializeAsString();
}

Result<std::string> Handshake::receive_hello(const pb::Hello& hello) {
  std::string why = mismatch(*self_, hello);
  if (!why.empty()) return refuse(std::move(why));
  peer_ = static_cast<NodeId>(hello.node());
  peer_nonce_ = hello.nonce();
  if (!equal_in_constant_time(hello.proof(), prove("hello", peer_, self_->node))) {
    return refuse("it does not know the cluster secret");
  }
  done_ = true;
  pb::Handshake reply;
  reply.mutable_welcome()->set_proof(prove("welcome", peer_, self_->node));
  return reply.SerializeAsString();
}

Result<std::string> Handshake::receive_welcome(const pb::Welcome& welcome) {
  if (!welcome.refusal().empty()) return fail("peer refused this node: " + welcome.refusal());
  if (!equal_in_constant_time(welcome.proof(), prove("welcome", self_->node, peer_))) {
    return fail("peer does not know the cluster secret");
  }
  done_ = true;
  return std::string();
}

}  // namespace holdfast::node
