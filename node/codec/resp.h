// RESP, the Redis protocol, versions 2 and 3: how replies are written and read. Requests are in
// resp_command.h.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "node/codec/input_buffer.h"

namespace holdfast::node {

enum class RespVersion : std::uint8_t { v2 = 2, v3 = 3 };

// Appends values to a buffer. What version 2 has no word for is written in its customary form: a
// map as a flat array, true as 1, null as the null bulk string.
class RespWriter {
 public:
  RespWriter(std::string& to, RespVersion version) : to_(to), version_(version) {}

  void simple(std::string_view text);
  // "CODE what is wrong"; line breaks become spaces.
  void error(std::string_view text);
  void integer(std::int64_t number);
  void bulk(std::string_view bytes);
  void boolean(bool value);
  void null();
  // The header; the `count` elements (for a map: pairs) follow.
  void array(std::size_t count);
  void map(std::size_t count);

 private:
  void header(char type, std::int64_t number);

  std::string& to_;
  RespVersion version_;
};

// Appends a request: an array of bulk strings.
void append_command(std::initializer_list<std::string_view> arguments, std::string& to);
void append_command(const std::vector<std::string>& arguments, std::string& to);

// A value as it was read.
struct RespValue {
  enum class Kind : std::uint8_t {
    null,
    text,  // a simple or bulk string, or another scalar that is text on the wire
    error,
    integer,
    boolean,
    array  // an array, set or push; a map as names and values in turn
  };
  Kind kind = Kind::null;
  std::string text;          // text, error
  std::int64_t integer = 0;  // integer; boolean: 0 or 1
  std::vector<RespValue> items;

  bool is_text() const { return kind == Kind::text; }
  bool is_error() const { return kind == Kind::error; }
  // The value of a name in a map, in either version's form; null if it is not there.
  const RespValue* field(std::string_view name) const;
};

enum class RespState : std::uint8_t { complete, incomplete, damaged };

// Reads the values in a stream of replies that arrives in arbitrary pieces.
class RespReader {
 public:
  void append(std::string_view bytes) { buffer_.append(bytes); }
  // Once damaged, always damaged.
  RespState next(RespValue& value);

 private:
  struct Open {
    RespValue value;
    std::size_t missing;
  };
  RespState read_bulk(std::int64_t size, std::size_t header, RespValue& value);
  RespState read_one(RespValue& value, std::size_t& elements);

  InputBuffer buffer_;
  std::vector<Open> open_;  // aggregates that miss elements, outermost first
  bool damaged_ = false;
};

}  // namespace holdfast::node
