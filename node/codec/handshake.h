// The handshake between two nodes (see peer.proto): they speak the same protocol, belong to the
// same cluster, have the same idea of who owns which keys, and know the same secret.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "node/base/ids.h"
#include "node/base/result.h"
#include "node/core/config.h"

namespace holdfast::peer {
class Challenge;
class Hello;
class Welcome;
}  // namespace holdfast::peer

namespace holdfast::node {

inline constexpr std::uint32_t kPeerProtocol = 1;
inline constexpr std::size_t kNonceBytes = 16;
inline constexpr std::size_t kMaxHandshakeBytes = 4096;

// What both sides must agree on, and who they are. The secret may be empty: then anyone is let in.
struct PeerIdentity {
  std::string cluster;
  std::string secret;
  std::uint64_t ring = 0;  // ring_fingerprint()
  std::uint16_t members = 1;
  NodeId node = 0;
};

// Changes with everything that decides which nodes own which keys.
std::uint64_t ring_fingerprint(const Config& config, std::uint16_t members);

// One side of a handshake. Feed it the bodies of frames; it says what to send back and when it is
// done. An error names what does not fit; the connection is then closed.
class Handshake {
 public:
  // `self` must outlive the handshake, `nonce` is kNonceBytes unpredictable bytes.
  // The side that accepted the connection: start() is its first body.
  static Handshake accepting(const PeerIdentity& self, std::string nonce);
  // The side that opened the connection to `acceptor`. Waits for the other's first body.
  static Handshake opening(const PeerIdentity& self, NodeId acceptor, std::string nonce);

  // The acceptor's challenge.
  std::string start() const;
  // The body to send, perhaps none. After an error `refusal()` is still worth sending, if not
  // empty: it tells the other side why.
  Result<std::string> receive(std::string_view body);
  const std::string& refusal() const { return refusal_; }

  bool done() const { return done_; }
  // Who is at the other end. REQUIRES: done().
  NodeId peer() const { return peer_; }

 private:
  Handshake(const PeerIdentity& self, bool opener, NodeId peer, std::string nonce);
  Result<std::string> receive_challenge(const holdfast::peer::Challenge& challenge);
  Result<std::string> receive_hello(const holdfast::peer::Hello& hello);
  Result<std::string> receive_welcome(const holdfast::peer::Welcome& welcome);
  std::string prove(std::string_view step, NodeId opener, NodeId acceptor) const;
  Error refuse(std::string why);

  const PeerIdentity* self_;
  bool opener_;
  bool done_ = false;
  NodeId peer_;
  std::string nonce_;
  std::string peer_nonce_;
  std::string refusal_;
};

}  // namespace holdfast::node
