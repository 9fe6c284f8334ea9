// A client's connection to a node. Many requests are under way on it at the same time: the node
// numbers its replies and sends them in any order (HF.UNORDERED, docs/protocol.md).
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
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
  // Runs an action later.
  using Post = std::function<void(std::function<void()>)>;

  // Connects to an IPv4 address, and shows the secret if it is not empty. `lost` is called once,
  // from run(), when the connection has broken.
  static std::shared_ptr<Connection> open(boost::asio::io_context& context,
                                          const boost::asio::ip::tcp::endpoint& node,
                                          const std::string& secret,
                                          std::function<void(Connection&)> lost);

  // Whether it takes requests. False at once if nobody listens there.
  bool is_open() const { return socket_.is_open(); }

  // Sends it once the events that are there have been dealt with, together with what they lead to.
  // `done` runs later, from run(). REQUIRES: is_open().
  void send(std::string_view request, std::int64_t deadline_ns, Done done);
  // Ends with `timeout` what has waited to its deadline. Returns the next deadline, if any.
  std::optional<std::int64_t> expire(std::int64_t now_ns);
  // The node is dead: takes what it had answered, and closes. Each request's end is passed on to
  // `post`.
  void finish(const Post& post);

 private:
  struct Waiting {
    std::uint64_t first_byte;  // its place in the stream of all that was ever to be sent
    std::int64_t deadline_ns;
    Done done;              // empty once it timed out
    bool answered = false;  // but an earlier one is not
  };

  Connection(boost::asio::io_context& context, const std::string& secret,
             std::function<void(Connection&)> lost);
  void connect(const boost::asio::ip::tcp::endpoint& node);
  int connection_error();  // of the socket, since the last call
  void flush_later();
  void flush();
  void await_writable();
  void await_readable();
  // Reads what is there. False once the connection has ended.
  bool read_some(const Post* post);
  bool take_replies(const Post* post);
  // False if it is not a reply to a request that waits.
  bool take_reply(node::RespValue& numbered, const Post* post);
  void fail_all(const Post* post);
  void lose();

  boost::asio::ip::tcp::socket socket_;
  std::function<void(Connection&)> lost_;
  bool connected_ = false;
  bool awaits_writable_ = false;
  bool will_flush_ = false;
  int greetings_ = 1;  // replies to what a connection begins with, still to come
  std::string unsent_;
  std::uint64_t sent_bytes_ = 0;    // handed to the kernel, ever
  std::uint64_t first_number_ = 0;  // of waiting_.front()
  std::deque<Waiting> waiting_;
  node::RespReader reader_;
};

}  // namespace holdfast::harness
