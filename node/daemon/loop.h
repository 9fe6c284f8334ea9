// The event loop: TCP, timers, signals. All of Asio is behind this header, in loop.cpp.
//
// Single-threaded. Handlers run from inside run_once() only, never from inside a call.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "node/base/result.h"
#include "node/base/time.h"

namespace holdfast::node {

struct Endpoint {
  std::string address;  // numeric
  std::uint16_t port = 0;

  bool operator==(const Endpoint&) const = default;
};
std::string to_string(const Endpoint& endpoint);
// "127.0.0.1:7101", "[::1]:7101".
Result<Endpoint> parse_endpoint(std::string_view text);

// A connection. Once closed, by either side, nothing is called any more.
class Stream {
 public:
  virtual ~Stream() = default;

  struct Handlers {
    std::function<void(std::string_view bytes)> on_data;    // the view ends with the call
    std::function<void(const std::string& why)> on_closed;  // by the other side, or an error
    // The other side sends no more, but may still read. Without this handler: closed.
    std::function<void()> on_end;
    std::function<void()> on_sent;  // everything has left; only after some of it had to wait
  };
  // Begins to read.
  virtual void start(Handlers handlers) = 0;
  // Takes bytes to send at the next flush().
  virtual void send(std::string_view bytes) = 0;
  virtual void flush() = 0;
  // Bytes taken that the kernel has not.
  virtual std::size_t unsent() const = 0;
  virtual void pause_reading() = 0;
  virtual void resume_reading() = 0;
  // Drops everything unsent, and what the kernel still holds.
  virtual void close() = 0;
  // Sends what there is, then closes; reads no more.
  virtual void close_when_sent() = 0;
};
using StreamPtr = std::shared_ptr<Stream>;

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Listens until the loop is destroyed. Port 0 means any. Returns the port.
  Result<std::uint16_t> listen(const Endpoint& endpoint, std::function<void(StreamPtr)> on_accept);
  // Calls `done` with the connection, or with null and the reason.
  void connect(const Endpoint& endpoint, Duration timeout,
               std::function<void(StreamPtr, const std::string& why)> done);
  // Calls `action` again and again, `period` after its last end.
  void every(Duration period, std::function<void()> action);
  void on_signals(std::initializer_list<int> signals, std::function<void(int)> action);
  // Calls `action` when the other end of the pipe is closed. Takes the descriptor over.
  void on_hangup(int fd, std::function<void()> action);

  // Waits until something is ready, or `deadline` has come; then runs everything that is ready, up
  // to a bound.
  void run_once(SteadyTime deadline);

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace holdfast::node
