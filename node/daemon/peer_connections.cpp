#include "node/daemon/peer_connections.h"

#include <sys/random.h>

#include <algorithm>
#include <utility>

#include "node/base/check.h"
#include "node/codec/frame.h"
#include "node/codec/peer_codec.h"
#include "node/daemon/clock.h"
#include "node/daemon/log.h"

namespace holdfast::node {
namespace {

constexpr Duration kConnectTimeout = std::chrono::milliseconds(500);
constexpr Duration kFirstBackoff = std::chrono::milliseconds(50);
constexpr Duration kLastBackoff = std::chrono::milliseconds(500);
// Without a connection: messages are kept for about this long, and this many bytes of them.
constexpr Duration kKept = std::chrono::seconds(1);
constexpr std::size_t kMaxKept = std::size_t{4} << 20;

}  // namespace

std::string make_nonce() {
  std::string nonce(kNonceBytes, '\0');
  CHECK(::getrandom(nonce.data(), nonce.size(), 0) == static_cast<ssize_t>(nonce.size()));
  return nonce;
}

// ---- OutgoingLink ------------------------------------------------------------------------------

OutgoingLink::OutgoingLink(Loop& loop, const PeerIdentity& self, NodeId peer, Endpoint endpoint,
                           LinkCounters& counters)
    : loop_(loop),
      self_(self),
      peer_(peer),
      endpoint_(std::move(endpoint)),
      counters_(counters),
      alive_(std::make_shared<bool>(true)),
      lost_at_(steady_now()) {}

OutgoingLink::~OutgoingLink() {
  *alive_ = false;
  if (stream_) stream_->close();
}

void OutgoingLink::send(const Envelope& envelope) {
  const std::size_t waiting = batch_.size() + (stream_ ? stream_->unsent() : 0);
  const bool away = !is_open() && steady_now() - lost_at_ > kKept;
  if (away || waiting > (is_open() ? kMaxUnsentBytes : kMaxKept)) {
    ++counters_.messages_dropped;
    return;
  }
  const std::size_t begin = begin_frame(batch_);
  encode(envelope, batch_);
  if (batch_.size() - begin - kFrameHeaderBytes > kMaxFrameBytes) {
    log_error("a message to " + node_name(peer_) + " exceeds the size of a frame and is dropped");
    batch_.resize(begin);
    ++counters_.messages_dropped;
    return;
  }
  end_frame(batch_, begin);
  ++batch_messages_;
}

void OutgoingLink::flush() {
  if (batch_.empty() || !is_open()) return;
  counters_.messages_sent += std::exchange(batch_messages_, 0);
  counters_.bytes_sent += batch_.size();
  stream_->send(batch_);
  batch_.clear();
  if (batch_.capacity() > kMaxKept) batch_.shrink_to_fit();
  stream_->flush();
  last_sent_ = steady_now();
}

void OutgoingLink::keep(SteadyTime now) {
  if (!stream_) {
    if (!connecting_ && now >= next_attempt_) connect(now);
    return;
  }
  if (now - last_heard_ > kPeerSilence) return lose("nothing heard for a second");
  if (is_open() && now - last_sent_ > kKeepAlive) {
    std::string frame;
    append_frame({}, frame);
    stream_->send(frame);
    stream_->flush();
    last_sent_ = now;
  }
}

void OutgoingLink::connect_now(SteadyTime now) {
  backoff_ = Duration(0);
  next_attempt_ = now;
  if (!stream_ && !connecting_) connect(now);
}

void OutgoingLink::connect(SteadyTime now) {
  connecting_ = true;
  if (now - lost_at_ > kKept) {
    counters_.messages_dropped += std::exchange(batch_messages_, 0);
    batch_.clear();
  }
  loop_.connect(endpoint_, kConnectTimeout,
                [this, alive = alive_](StreamPtr stream, const std::string& why) {
                  if (*alive) on_connected(std::move(stream), why);
                });
}

void OutgoingLink::on_connected(StreamPtr stream, const std::string& why) {
  connecting_ = false;
  if (!stream) return lose(why);
  stream_ = std::move(stream);
  reader_ = FrameReader(kMaxHandshakeBytes);
  handshake_ = Handshake::opening(self_, peer_, make_nonce());
  last_heard_ = last_sent_ = steady_now();
  Stream::Handlers handlers;
  handlers.on_data = [this](std::string_view bytes) { on_data(bytes); };
  handlers.on_closed = [this](const std::string& reason) { lose(reason); };
  stream_->start(std::move(handlers));
}

void OutgoingLink::on_data(std::string_view bytes) {
  last_heard_ = steady_now();
  reader_.append(bytes);
  std::string_view body;
  FrameState state;
  while ((state = reader_.next(body)) == FrameState::complete) {
    if (body.empty()) continue;
    if (is_open()) return lose("it sends on a connection meant for hearing");
    const Result<std::string> reply = handshake_->receive(body);
    if (!reply) return lose(reply.error().message);
    if (!reply->empty()) {
      std::string frame;
      append_frame(*reply, frame);
      stream_->send(frame);
      stream_->flush();
    }
    if (!is_open()) continue;
    ++counters_.connects;
    backoff_ = Duration(0);
    last_failure_.clear();
    log_debug("connected to " + node_name(peer_));
    flush();
  }
  if (state == FrameState::damaged) lose("it does not speak the peer protocol");
}

void OutgoingLink::lose(const std::string& why) {
  if (stream_) stream_->close();
  stream_.reset();
  const SteadyTime now = steady_now();
  if (is_open()) lost_at_ = now;
  handshake_.reset();
  backoff_ = std::clamp(backoff_ * 2, kFirstBackoff, kLastBackoff);
  next_attempt_ = now + backoff_;
  if (why == last_failure_) return;
  last_failure_ = why;
  log_info("no connection to " + node_name(peer_) + " at " + to_string(endpoint_) + ": " + why);
}

// ---- IncomingLink ------------------------------------------------------------------------------

IncomingLink::IncomingLink(const PeerIdentity& self, StreamPtr stream, Handlers handlers,
                           SteadyTime now)
    : self_(self),
      stream_(std::move(stream)),
      handlers_(std::move(handlers)),
      handshake_(Handshake::accepting(self, make_nonce())),
      last_heard_(now),
      last_sent_(now) {
  Stream::Handlers stream_handlers;
  stream_handlers.on_data = [this](std::string_view bytes) { on_data(bytes); };
  stream_handlers.on_closed = [this](const std::string& why) { close(why); };
  stream_->start(std::move(stream_handlers));
  std::string frame;
  append_frame(handshake_.start(), frame);
  stream_->send(frame);
  stream_->flush();
}

IncomingLink::~IncomingLink() {
  if (stream_) stream_->close();
}

void IncomingLink::close(const std::string& why) {
  if (!stream_) return;
  const std::string who = handshake_.done() ? node_name(handshake_.peer()) : "a stranger";
  log_debug("closed the connection from " + who + ": " + why);
  if (handshake_.refusal().empty()) {
    stream_->close();
  } else {
    stream_->close_when_sent();
  }
  stream_.reset();
}

void IncomingLink::keep(SteadyTime now) {
  if (!stream_) return;
  if (now - last_heard_ > kPeerSilence) return close("nothing heard for a second");
  if (now - last_sent_ > kKeepAlive) {
    std::string frame;
    append_frame({}, frame);
    stream_->send(frame);
    stream_->flush();
    last_sent_ = now;
  }
}

void IncomingLink::on_data(std::string_view bytes) {
  // A stranger must finish the handshake within the time: a byte now and then does not count.
  if (handshake_.done()) last_heard_ = steady_now();
  bytes_received_ += bytes.size();
  reader_.append(bytes);
  std::string_view body;
  FrameState state;
  while ((state = reader_.next(body)) == FrameState::complete) {
    if (!body.empty() && !on_frame(body)) return;
  }
  if (state == FrameState::damaged) close("it does not speak the peer protocol");
}

bool IncomingLink::on_frame(std::string_view body) {
  if (handshake_.done()) {
    Result<Envelope> envelope = decode_envelope(body);
    if (!envelope) {
      log_warn("from " + node_name(peer()) + ": " + envelope.error().message);
      close(envelope.error().message);
    } else if (envelope->from.node != peer() || envelope->to.node != self_.node) {
      close("a message between others");
    } else {
      handlers_.on_message(*this, std::move(*envelope));
    }
    return stream_ != nullptr;
  }
  const Result<std::string> reply = handshake_.receive(body);
  const std::string& answer = reply ? *reply : handshake_.refusal();
  if (!answer.empty()) {
    std::string frame;
    append_frame(answer, frame);
    stream_->send(frame);
    stream_->flush();
  }
  if (!reply) {
    if (!answer.empty()) log_warn(reply.error().message);
    close(reply.error().message);
    return false;
  }
  reader_.set_max_body(kMaxFrameBytes);
  last_heard_ = steady_now();
  handlers_.on_open(*this);
  return stream_ != nullptr;
}

}  // namespace holdfast::node
