// The two kinds of connections between nodes (node/codec/peer.proto): the one this node opened to a
// peer, on which it sends, and those that peers opened, on which it hears them.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "node/codec/frame.h"
#include "node/codec/handshake.h"
#include "node/core/message.h"
#include "node/daemon/loop.h"

namespace holdfast::node {

inline constexpr Duration kKeepAlive = std::chrono::milliseconds(250);
inline constexpr Duration kPeerSilence = std::chrono::seconds(1);

struct LinkCounters {
  std::uint64_t messages_sent = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t messages_dropped = 0;  // no connection for long, or too much unsent
  std::uint64_t messages_received = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t connects = 0;  // handshakes done, as opener
};

// Sends to one peer; connects, and connects again. Messages wait for a connection for a short
// while, then they are dropped: the protocol tolerates their loss.
class OutgoingLink {
 public:
  OutgoingLink(Loop& loop, const PeerIdentity& self, NodeId peer, Endpoint endpoint,
               LinkCounters& counters);
  ~OutgoingLink();

  void send(const Envelope& envelope);
  void flush();
  // Connects if it is time to, sends a sign of life, drops a connection that gives none.
  void keep(SteadyTime now);
  // The peer is known to be there: no need to wait.
  void connect_now(SteadyTime now);
  // The node stood still for this long, and heard nobody in that time.
  void forgive(Duration standstill) { last_heard_ += standstill; }
  bool is_open() const { return handshake_ && handshake_->done(); }

 private:
  void connect(SteadyTime now);
  void on_connected(StreamPtr stream, const std::string& why);
  void on_data(std::string_view bytes);
  void lose(const std::string& why);

  Loop& loop_;
  const PeerIdentity& self_;
  NodeId peer_;
  Endpoint endpoint_;
  LinkCounters& counters_;

  StreamPtr stream_;
  FrameReader reader_{kMaxHandshakeBytes};
  std::optional<Handshake> handshake_;
  bool connecting_ = false;
  std::shared_ptr<bool> alive_;  // false once this object is gone
  SteadyTime next_attempt_;
  Duration backoff_{0};
  SteadyTime lost_at_;
  SteadyTime last_heard_;
  SteadyTime last_sent_;
  std::string batch_;  // frames not yet given to the stream
  std::uint64_t batch_messages_ = 0;
  std::string last_failure_;  // logged once, not at every attempt
};

// Hears one peer, once it has shown who it is.
class IncomingLink {
 public:
  struct Handlers {
    std::function<void(IncomingLink&)> on_open;
    std::function<void(IncomingLink&, Envelope)> on_message;
  };
  IncomingLink(const PeerIdentity& self, StreamPtr stream, Handlers handlers, SteadyTime now);
  ~IncomingLink();

  void keep(SteadyTime now);
  void forgive(Duration standstill) { last_heard_ += standstill; }
  void close(const std::string& why);
  bool is_closed() const { return stream_ == nullptr; }
  bool is_open() const { return stream_ != nullptr && handshake_.done(); }
  // REQUIRES: the handshake is done.
  NodeId peer() const { return handshake_.peer(); }
  std::uint64_t take_bytes_received() { return std::exchange(bytes_received_, 0); }

 private:
  void on_data(std::string_view bytes);
  // False if the connection has been closed.
  bool on_frame(std::string_view body);

  const PeerIdentity& self_;
  StreamPtr stream_;
  Handlers handlers_;
  Handshake handshake_;
  FrameReader reader_{kMaxHandshakeBytes};
  SteadyTime last_heard_;
  SteadyTime last_sent_;
  std::uint64_t bytes_received_ = 0;
};

// 16 bytes that nobody can foresee.
std::string make_nonce();

}  // namespace holdfast::node
