// The harness as a client of one node: requests over connections that are kept.
//
// A node answers the requests of one connection in their order, so a slow one would delay those
// behind it and blur every latency. A request therefore takes an idle connection, or opens one;
// only beyond kMostConnections do requests share.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

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

  // Of the node at this IPv4 address. `context`, `timers` and `now_ns`, the clock of the timers,
  // must outlive the client.
  NodeClient(boost::asio::io_context& context, Timers& timers, std::function<std::int64_t()> now_ns,
             std::string ip, std::uint16_t port);
  ~NodeClient();

  // See Connection::Done for the errors.
  void send(std::string_view request, Duration timeout, Done done);
  // The node is dead: takes what it had answered and ends all other requests, later.
  void disconnect();

  std::size_t connections() const { return open_.size(); }

 private:
  static constexpr std::size_t kMostConnections = 64;

  std::shared_ptr<Connection> choose();

  boost::asio::io_context& context_;
  Timers& timers_;
  std::function<std::int64_t()> now_ns_;
  std::string ip_;
  std::uint16_t port_;
  std::vector<std::shared_ptr<Connection>> open_;
};

}  // namespace holdfast::harness
