// The harness as a client of one node: requests over one connection, opened when it is needed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "harness/proc/timers.h"
#include "node/base/errors.h"
#include "node/base/time.h"
#include "node/codec/resp.h"

namespace boost::asio {
class io_context;
}

namespace holdfast::harness {

class Connection;

class NodeClient {
 public:
  using Done = std::function<void(ErrorCode error, node::RespValue reply)>;

  // Of the node at this IPv4 address, which asks for `secret` unless that is empty. `context`,
  // `timers` and `now_ns`, the clock of the timers, must outlive the client.
  NodeClient(boost::asio::io_context& context, Timers& timers, std::function<std::int64_t()> now_ns,
             std::string ip, std::uint16_t port, std::string secret);
  ~NodeClient();

  // See Connection::Done for the errors.
  void send(std::string_view request, Duration timeout, Done done);
  // The node is dead: takes what it had answered and ends all other requests, later.
  void disconnect();

  bool is_connected() const { return connection_ != nullptr; }

 private:
  bool connect();
  // Looks for requests that have waited too long, then.
  void look_at(std::int64_t ns);

  boost::asio::io_context& context_;
  Timers& timers_;
  std::function<std::int64_t()> now_ns_;
  std::string ip_;
  std::uint16_t port_;
  std::string secret_;
  std::shared_ptr<Connection> connection_;
  std::int64_t look_ns_;  // when the next look is due
};

}  // namespace holdfast::harness
