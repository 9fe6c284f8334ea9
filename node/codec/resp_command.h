// Requests of Redis clients: arrays of bulk strings, or lines of words for people with a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "node/codec/input_buffer.h"
#include "node/codec/resp.h"

namespace holdfast::node {

// Finds the commands in a stream that arrives in arbitrary pieces. It holds what was appended and
// little more, whatever a header claims, and refuses a command above its limits at its header.
class CommandReader {
 public:
  static constexpr std::size_t kMaxArguments = 65536;
  static constexpr std::size_t kMaxCommandBytes = std::size_t{64} << 20;
  static constexpr std::size_t kMaxInlineBytes = std::size_t{64} << 10;

  void append(std::string_view bytes) { buffer_.append(bytes); }
  // The next whole command: its name and arguments, at least the name, valid until the next
  // append() or next(). After `damaged` (then error() says why) always damaged.
  RespState next(std::vector<std::string_view>& arguments);
  const std::string& error() const { return error_; }
  std::size_t buffered() const { return buffer_.size(); }

 private:
  RespState damage(std::string_view why);
  RespState read_header();
  RespState read_argument();
  RespState read_inline(std::vector<std::string_view>& arguments);
  RespState read_number(char type, std::size_t limit, std::size_t& number);

  InputBuffer buffer_;
  std::string error_;
  // Of the command being read: where the next byte to look at is, the arguments still to come, and
  // offset and size of those that are there.
  std::size_t at_ = 0;
  std::size_t missing_ = 0;
  std::size_t bytes_ = 0;
  std::vector<std::pair<std::size_t, std::size_t>> spans_;
  std::vector<std::string> words_;  // of an inline command, without quotes
};

}  // namespace holdfast::node
