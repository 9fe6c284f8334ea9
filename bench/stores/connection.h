// A connection of the load to a store: requests become bytes, bytes replies. What travels over it
// is the caller's business.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::bench {

struct Requests {
  bool write = false;
  std::string value;              // of all writes
  std::vector<std::string> keys;  // one request each
};

class Connection {
 public:
  virtual ~Connection() = default;

  // Sends these. REQUIRES: everything before has been answered.
  virtual void ask(const Requests& requests) = 0;
  // Takes what has been received.
  virtual void take(std::string_view bytes) = 0;
  // What is to be sent. Take it by clearing it.
  virtual std::string& output() = 0;

  bool is_answered() const { return missing_ == 0; }
  std::uint64_t errors() const { return errors_; }
  // The first of them, in words.
  const std::string& first_error() const { return first_error_; }

 protected:
  void count_error(std::string_view what) {
    if (errors_++ == 0) first_error_ = what;
  }

  std::size_t missing_ = 0;  // replies
  std::uint64_t errors_ = 0;
  std::string first_error_;
};

// RESP. With `wait` a batch of writes is followed by WAIT 1: it is done when a replica has it.
std::unique_ptr<Connection> make_resp(bool wait);
// gRPC over HTTP/2, as etcd speaks it: Put, and serializable Range (one member answers by itself).
std::unique_ptr<Connection> make_etcd();

}  // namespace holdfast::bench
