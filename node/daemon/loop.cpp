#include "node/daemon/loop.h"

#include <netinet/tcp.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <charconv>
#include <deque>

namespace holdfast::node {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kReadBytes = 4096;  // per connection; more is read through a shared buffer
constexpr std::size_t kScratchBytes = std::size_t{256} << 10;
// So much is read of one connection, then the others have their turn; so much is read of all, and
// so many handlers run, then the node has its turn.
constexpr std::size_t kReadOfOne = kScratchBytes;
constexpr std::size_t kReadOfAll = std::size_t{4} << 20;
constexpr int kHandlersAtOnce = 2000;
constexpr std::size_t kKeptCapacity = std::size_t{64} << 10;

// What all streams of a loop share.
struct Reading {
  std::string scratch = std::string(kScratchBytes, '\0');
  std::size_t read = 0;  // bytes, by all in this round of the loop
};

class TcpStream : public Stream, public std::enable_shared_from_this<TcpStream> {
 public:
  TcpStream(tcp::socket socket, Reading& reading) : socket_(std::move(socket)), shared_(reading) {
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    keep_alive();
    socket_.non_blocking(true, ignored);
  }

  void start(Handlers handlers) override {
    handlers_ = std::move(handlers);
    read();
  }

  void send(std::string_view bytes) override {
    if (open_) pending_.append(bytes);
  }

  void flush() override {
    if (open_ && !waiting_ && unsent() > 0) write();
  }

  std::size_t unsent() const override { return pending_.size() + sending_.size() - sent_; }

  void pause_reading() override { paused_ = true; }

  void resume_reading() override {
    if (!paused_ || closing_) return;
    paused_ = false;
    if (!reading_) read();
  }

  void close() override {
    if (!open_) return;
    error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    end();
  }

  void close_when_sent() override {
    if (!open_) return;
    closing_ = true;
    paused_ = true;
    flush();
    if (open_ && unsent() == 0) end();
  }

 private:
  // The kernel asks a silent other side whether it is still there: a machine that was switched off
  // says nothing, and its connection would stay for ever.
  void keep_alive() {
    const auto set = [this](int level, int option, int value) {
      (void)::setsockopt(socket_.native_handle(), level, option, &value, sizeof value);
    };
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 60);  // seconds
    set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
    set(IPPROTO_TCP, TCP_KEEPCNT, 3);
  }

  void read() {
    if (!open_ || paused_) return;
    reading_ = true;
    socket_.async_read_some(asio::buffer(buffer_),
                            [self = shared_from_this()](error_code error, std::size_t size) {
                              self->on_read(error, size);
                            });
  }

  void on_read(error_code error, std::size_t size) {
    if (!open_) return;
    if (error) return end_of_reading(error);
    give({buffer_.data(), size});
    // A full buffer: probably there is more.
    for (std::size_t total = size; open_ && !paused_ && size == kReadBytes && total < kReadOfOne;) {
      const std::size_t more = socket_.read_some(asio::buffer(shared_.scratch), error);
      if (error == asio::error::would_block) break;
      if (error) return end_of_reading(error);
      total += more;
      give({shared_.scratch.data(), more});
      if (more < shared_.scratch.size()) break;
    }
    // Only now: a read that was begun by a handler above would have overtaken those in the loop.
    reading_ = false;
    read();
  }

  void end_of_reading(error_code error) {
    if (error != asio::error::eof || !handlers_.on_end) return fail(error);
    handlers_.on_end();  // reading_ stays true: there is nothing more to read
  }

  void give(std::string_view bytes) {
    shared_.read += bytes.size();
    if (!closing_ && handlers_.on_data) handlers_.on_data(bytes);
  }

  void write() {
    while (unsent() > 0) {
      if (sent_ == sending_.size()) {
        sending_.clear();
        if (sending_.capacity() > kKeptCapacity) sending_.shrink_to_fit();
        sending_.swap(pending_);
        sent_ = 0;
      }
      error_code error;
      const auto rest = asio::buffer(sending_.data() + sent_, sending_.size() - sent_);
      sent_ += socket_.write_some(rest, error);
      if (error == asio::error::would_block) return wait_to_write();
      if (error) return fail_later(error);
    }
    sending_.clear();
    sent_ = 0;
  }

  void wait_to_write() {
    waiting_ = true;
    socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](error_code error) {
      self->waiting_ = false;
      if (!self->open_) return;
      if (error) return self->fail(error);
      self->write();
      if (!self->open_ || self->unsent() > 0) return;
      if (self->closing_) return self->end();
      if (self->handlers_.on_sent) self->handlers_.on_sent();
    });
  }

  void fail_later(error_code error) {
    pending_.clear();
    sending_.clear();
    sent_ = 0;
    asio::post(socket_.get_executor(), [self = shared_from_this(), error] { self->fail(error); });
  }

  void fail(error_code error) {
    if (!open_) return;
    const auto on_closed = std::move(handlers_.on_closed);
    end();
    if (on_closed) {
      on_closed(error == asio::error::eof ? "closed by the other side" : error.message());
    }
  }

  void end() {
    open_ = false;
    error_code ignored;
    socket_.close(ignored);
    pending_ = sending_ = std::string();
    sent_ = 0;
    // What the handlers hold may be what calls us.
    asio::post(socket_.get_executor(), [self = shared_from_this()] { self->handlers_ = {}; });
  }

  tcp::socket socket_;
  Reading& shared_;
  Handlers handlers_;
  std::array<char, kReadBytes> buffer_;
  std::string pending_;
  std::string sending_;
  std::size_t sent_ = 0;  // of sending_
  bool open_ = true;
  bool paused_ = false;
  bool reading_ = false;
  bool waiting_ = false;
  bool closing_ = false;
};

asio::chrono::steady_clock::time_point to_asio(SteadyTime time) {
  return asio::chrono::steady_clock::time_point(time.time_since_epoch());
}

}  // namespace

struct Loop::State {
  asio::io_context io{1};
  Reading reading;
  std::deque<tcp::acceptor> acceptors;
  std::deque<asio::steady_timer> timers;
  std::deque<asio::signal_set> signals;
  std::deque<asio::posix::stream_descriptor> pipes;

  void accept(tcp::acceptor& acceptor, std::shared_ptr<std::function<void(StreamPtr)>> on_accept) {
    acceptor.async_accept([this, &acceptor, on_accept](error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (!error) (*on_accept)(std::make_shared<TcpStream>(std::move(socket), reading));
      if (!error || error == asio::error::connection_aborted) return accept(acceptor, on_accept);
      // Out of descriptors or memory: those who wait may get in later.
      auto timer = std::make_shared<asio::steady_timer>(io, std::chrono::milliseconds(100));
      timer->async_wait([this, &acceptor, on_accept, timer](error_code stopped) {
        if (!stopped) accept(acceptor, on_accept);
      });
    });
  }

  void wait(asio::steady_timer& timer, Duration period,
            std::shared_ptr<std::function<void()>> action) {
    timer.expires_after(period);
    timer.async_wait([this, &timer, period, action](error_code stopped) {
      if (stopped) return;
      (*action)();
      wait(timer, period, action);
    });
  }
};

std::string to_string(const Endpoint& endpoint) {
  const bool v6 = endpoint.address.find(':') != std::string::npos;
  return (v6 ? "[" + endpoint.address + "]" : endpoint.address) + ":" +
         std::to_string(endpoint.port);
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  Endpoint endpoint;
  const auto refuse = [text] {
    return fail("expected address:port (127.0.0.1:7101), got '" + std::string(text) + "'");
  };
  if (colon == std::string_view::npos) return refuse();
  std::string_view address = text.substr(0, colon);
  if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
    address = address.substr(1, address.size() - 2);
  }
  error_code error;
  endpoint.address = asio::ip::make_address(std::string(address), error).to_string();
  const char* end = text.data() + text.size();
  const auto [stop, wrong] = std::from_chars(text.data() + colon + 1, end, endpoint.port);
  if (error || wrong != std::errc() || stop != end) return refuse();
  return endpoint;
}

Loop::Loop() : state_(std::make_unique<State>()) {}
Loop::~Loop() = default;

Result<std::uint16_t> Loop::listen(const Endpoint& endpoint,
                                   std::function<void(StreamPtr)> on_accept) {
  error_code error;
  const auto address = asio::ip::make_address(endpoint.address, error);
  const tcp::endpoint local(address, endpoint.port);
  tcp::acceptor acceptor(state_->io);
  if (!error) acceptor.open(local.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(local, error);
  if (!error) acceptor.listen(4096, error);
  if (error) return fail("cannot listen on " + to_string(endpoint) + ": " + error.message());
  const std::uint16_t port = acceptor.local_endpoint(error).port();
  state_->acceptors.push_back(std::move(acceptor));
  state_->accept(state_->acceptors.back(),
                 std::make_shared<std::function<void(StreamPtr)>>(std::move(on_accept)));
  return port;
}

void Loop::connect(const Endpoint& endpoint, Duration timeout,
                   std::function<void(StreamPtr, const std::string& why)> done) {
  struct Attempt {
    tcp::socket socket;
    asio::steady_timer timer;
    bool timed_out = false;
  };
  error_code error;
  const tcp::endpoint remote(asio::ip::make_address(endpoint.address, error), endpoint.port);
  auto attempt = std::make_shared<Attempt>(
      Attempt{tcp::socket(state_->io), asio::steady_timer(state_->io, timeout)});
  attempt->timer.async_wait([attempt](error_code stopped) {
    if (stopped) return;
    attempt->timed_out = true;
    error_code ignored;
    attempt->socket.close(ignored);
  });
  attempt->socket.async_connect(remote, [this, attempt, done = std::move(done)](error_code failed) {
    attempt->timer.cancel();
    if (attempt->timed_out) return done(nullptr, "no answer");
    if (failed) return done(nullptr, failed.message());
    done(std::make_shared<TcpStream>(std::move(attempt->socket), state_->reading), {});
  });
}

void Loop::every(Duration period, std::function<void()> action) {
  state_->timers.emplace_back(state_->io);
  state_->wait(state_->timers.back(), period,
               std::make_shared<std::function<void()>>(std::move(action)));
}

void Loop::on_signals(std::initializer_list<int> signals, std::function<void(int)> action) {
  asio::signal_set& set = state_->signals.emplace_back(state_->io);
  error_code ignored;
  for (const int signal : signals) set.add(signal, ignored);
  set.async_wait([action = std::move(action)](error_code error, int signal) {
    if (!error) action(signal);
  });
}

void Loop::on_hangup(int fd, std::function<void()> action) {
  auto& pipe = state_->pipes.emplace_back(state_->io);
  error_code error;
  pipe.assign(fd, error);
  if (error) return action();
  auto byte = std::make_shared<char>();
  pipe.async_read_some(asio::buffer(byte.get(), 1),
                       [action = std::move(action), byte](error_code failed, std::size_t) {
                         if (failed != asio::error::operation_aborted) action();
                       });
}

void Loop::run_once(SteadyTime deadline) {
  // Asio's clock counts nanoseconds.
  constexpr SteadyTime kFarAway{std::chrono::hours(24 * 365 * 100)};
  asio::io_context& io = state_->io;
  io.restart();
  state_->reading.read = 0;
  int handlers =
      static_cast<int>(io.run_one_until(to_asio(std::clamp(deadline, SteadyTime(), kFarAway))));
  while (handlers < kHandlersAtOnce && state_->reading.read < kReadOfAll && io.poll_one() > 0) {
    ++handlers;
  }
}

}  // namespace holdfast::node
