#include "harness/proc/connection.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <utility>
#include <vector>

#include "node/base/check.h"

namespace holdfast::harness {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

std::shared_ptr<Connection> Connection::open(asio::io_context& context, const tcp::endpoint& node,
                                             const std::string& secret,
                                             std::function<void(Connection&)> lost) {
  std::shared_ptr<Connection> connection(new Connection(context, secret, std::move(lost)));
  connection->connect(node);
  return connection;
}

Connection::Connection(asio::io_context& context, const std::string& secret,
                       std::function<void(Connection&)> lost)
    : socket_(context), lost_(std::move(lost)) {
  if (!secret.empty()) {
    unsent_ = "AUTH " + secret + "\r\n";
    ++greetings_;
  }
  unsent_ += "HF.UNORDERED\r\n";
}

// On this machine the outcome is known at once, unless the node's queue of connections is full.
void Connection::connect(const tcp::endpoint& node) {
  error_code error;
  socket_.open(tcp::v4(), error);
  if (!error) socket_.non_blocking(true, error);
  if (!error) socket_.set_option(tcp::no_delay(true), error);
  if (error) {
    socket_.close(error);
    return;
  }
  // Asio's connect() would wait; the plain call does not. Its outcome is there right after it.
  const int fd = socket_.native_handle();
  const int begun = ::connect(fd, node.data(), static_cast<socklen_t>(node.size()));
  pollfd ready{fd, POLLOUT, 0};
  if (begun != 0 && errno == EINPROGRESS && ::poll(&ready, 1, 0) == 0) {
    await_writable();
  } else if (connection_error() == 0 && (begun == 0 || ready.revents != 0)) {
    connected_ = true;
    await_readable();
  } else {
    socket_.close(error);
  }
}

int Connection::connection_error() {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket_.native_handle(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

void Connection::send(std::string_view request, std::int64_t deadline_ns, Done done) {
  CHECK(is_open());
  waiting_.push_back({sent_bytes_ + unsent_.size(), deadline_ns, std::move(done)});
  unsent_.append(request);
  if (!will_flush_) flush_later();
}

void Connection::flush_later() {
  will_flush_ = true;
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->will_flush_ = false;
    if (self->is_open() && self->connected_ && !self->awaits_writable_) self->flush();
  });
}

std::optional<std::int64_t> Connection::expire(std::int64_t now_ns) {
  std::vector<Done> expired;  // a callback may change waiting_
  std::optional<std::int64_t> next_ns;
  for (Waiting& request : waiting_) {
    if (!request.done) continue;
    if (request.deadline_ns <= now_ns) {
      expired.push_back(std::exchange(request.done, nullptr));
    } else if (!next_ns || request.deadline_ns < *next_ns) {
      next_ns = request.deadline_ns;
    }
  }
  for (const Done& done : expired) done(ErrorCode::timeout, {});
  return next_ns;
}

void Connection::finish(const Post& post) {
  lost_ = nullptr;
  if (is_open()) {
    while (read_some(&post)) {
    }
  }
  error_code ignored;
  socket_.close(ignored);
  fail_all(&post);
}

void Connection::flush() {
  error_code error;
  std::size_t sent = 0;
  while (sent < unsent_.size() && !error) {
    sent += socket_.write_some(asio::buffer(unsent_) + sent, error);
  }
  sent_bytes_ += sent;
  unsent_.erase(0, sent);
  // A broken connection is noticed by the reader, after the replies that came before the break.
  if (error == asio::error::would_block) await_writable();
}

void Connection::await_writable() {
  awaits_writable_ = true;
  socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](const error_code& error) {
    if (error || !self->is_open()) return;
    self->awaits_writable_ = false;
    if (!self->connected_) {
      if (self->connection_error() != 0) return self->lose();
      self->connected_ = true;
      self->await_readable();
    }
    self->flush();
  });
}

void Connection::await_readable() {
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](const error_code& error) {
    if (error || !self->is_open()) return;
    if (!self->read_some(nullptr)) return self->lose();
    if (self->is_open()) self->await_readable();
  });
}

bool Connection::read_some(const Post* post) {
  // Filled by the kernel before it is read; shared, since there is one thread.
  static std::array<char, 256 * 1024> bytes;
  error_code error;
  const std::size_t size = socket_.read_some(asio::buffer(bytes), error);
  if (error) return error == asio::error::would_block && post == nullptr;
  reader_.append({bytes.data(), size});
  return take_replies(post);
}

bool Connection::take_replies(const Post* post) {
  node::RespValue reply;
  for (;;) {
    const node::RespState state = reader_.next(reply);
    if (state == node::RespState::incomplete) return true;
    if (state == node::RespState::damaged) return false;
    if (greetings_ > 0) {
      if (!reply.is_text()) return false;
      --greetings_;
    } else if (!take_reply(reply, post)) {
      return false;
    }
    if (!is_open()) return true;  // the callback ended this connection
  }
}

bool Connection::take_reply(node::RespValue& numbered, const Post* post) {
  if (numbered.items.size() != 2) return false;
  const std::uint64_t place = static_cast<std::uint64_t>(numbered.items[0].integer) - first_number_;
  if (place >= waiting_.size() || waiting_[place].answered) return false;
  waiting_[place].answered = true;
  Done done = std::exchange(waiting_[place].done, nullptr);
  while (!waiting_.empty() && waiting_.front().answered) {
    waiting_.pop_front();
    ++first_number_;
  }
  if (!done) return true;
  if (post == nullptr) {
    done(ErrorCode::none, std::move(numbered.items[1]));
  } else {
    (*post)([done = std::move(done), reply = std::move(numbered.items[1])]() mutable {
      done(ErrorCode::none, std::move(reply));
    });
  }
  return true;
}

void Connection::fail_all(const Post* post) {
  std::deque<Waiting> waiting = std::exchange(waiting_, {});
  first_number_ += waiting.size();
  for (Waiting& request : waiting) {
    if (!request.done) continue;
    const ErrorCode error =
        request.first_byte < sent_bytes_ ? ErrorCode::connection_lost : ErrorCode::refused;
    if (post == nullptr) {
      request.done(error, {});
    } else {
      (*post)([done = std::move(request.done), error] { done(error, {}); });
    }
  }
}

void Connection::lose() {
  const std::shared_ptr<Connection> self = shared_from_this();
  error_code ignored;
  socket_.close(ignored);
  if (const auto lost = std::exchange(lost_, nullptr)) lost(*this);
  fail_all(nullptr);
}

}  // namespace holdfast::harness
