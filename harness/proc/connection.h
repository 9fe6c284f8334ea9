// A client's connection to a node: requests go out in order, replies come back in the same order.
// A request that timed out keeps its place, and its late reply is swallowed.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "node/base/errors.h"
#include "node/codec/resp.h"

namespace holdfast::harness {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // `error` is none, and `reply` what the node said; or the reply is empty and the error is
  //   refused          nothing of the request was handed to the kernel
  //   connection_lost  some of it was
  //   timeout
  using Done = std::function<void(ErrorCode error, node::RespValue reply)>;

  // Connects to an IPv4 address. `lost` is called once, from run(), when the connection has broken.
  static std::shared_ptr<Connection> open(boost::asio::io_context& context,
                                          const boost::asio::ip::tcp::endpoint& node,
                                          std::function<void(Connection&)> lost);

  // Whether it takes requests. False at once if nobody listens there.
  bool is_open() const { return socket_.is_open(); }
  // Requests that wait for a reply, those timed out included.
  std::size_t in_flight() const { return waiting_.size(); }

  // Sends it, and returns its number. REQUIRES: is_open(). `done` runs later, from run().
  std::uint64_t send(std::string_view request, Done done);
  // If the request still waits, it ends with `timeout` now.
  void expire(std::uint64_t number);
  // The node is dead: takes what it had answered, and closes. Each request's end is passed on to
  // `post`, to be run later.
  void finish(const std::function<void(std::function<void()>)>& post);

 private:
  struct Waiting {
    std::uint64_t first_byte;  // its place in the stream of all that was ever to be sent
    Done done;                 // empty once it timed out
  };

  Connection(boost::asio::io_context& context, std::function<void(Connection&)> lost);
  void connect(const boost::asio::ip::tcp::endpoint& node);
  int connection_error();  // of the socket, since the last call
  void flush();
  void await_writable();
  void await_readable();
  // Reads what is there. False once the connection has ended.
  bool read_some(const std::function<void(std::function<void()>)>* post);
  bool take_replies(const std::function<void(std::function<void()>)>* post);
  void fail_all(const std::function<void(std::function<void()>)>* post);
  void lose();

  boost::asio::ip::tcp::socket socket_;
  std::function<void(Connection&)> lost_;
  bool connected_ = false;
  bool awaits_writable_ = false;
  std::string unsent_;
  std::uint64_t sent_bytes_ = 0;    // handed to the kernel, ever
  std::uint64_t first_number_ = 0;  // of waiting_.front()
  std::deque<Waiting> waiting_;
  node::RespReader reader_;
};

}  // namespace holdfast::harness
