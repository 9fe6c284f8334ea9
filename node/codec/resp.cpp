#include "node/codec/resp.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace holdfast::node {
namespace {

constexpr std::size_t kMaxDepth = 16;
constexpr std::size_t kMaxLine = std::size_t{64} << 10;
constexpr std::int64_t kMaxBulk = std::int64_t{512} << 20;
constexpr std::int64_t kMaxElements = std::int64_t{1} << 24;

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

}  // namespace

void RespWriter::header(char type, std::int64_t number) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  to_ += type;
  to_.append(digits, end).append("\r\n");
}

void RespWriter::simple(std::string_view text) { (to_ += '+').append(text).append("\r\n"); }

void RespWriter::error(std::string_view text) {
  to_ += '-';
  for (const char c : text) to_ += c == '\r' || c == '\n' ? ' ' : c;
  to_ += "\r\n";
}

void RespWriter::integer(std::int64_t number) { header(':', number); }

void RespWriter::bulk(std::string_view bytes) {
  header('$', static_cast<std::int64_t>(bytes.size()));
  to_.append(bytes).append("\r\n");
}

void RespWriter::boolean(bool value) {
  if (version_ == RespVersion::v3) {
    to_ += value ? "#t\r\n" : "#f\r\n";
  } else {
    integer(value ? 1 : 0);
  }
}

void RespWriter::null() { to_ += version_ == RespVersion::v3 ? "_\r\n" : "$-1\r\n"; }

void RespWriter::array(std::size_t count) { header('*', static_cast<std::int64_t>(count)); }

void RespWriter::map(std::size_t count) {
  if (version_ == RespVersion::v3) {
    header('%', static_cast<std::int64_t>(count));
  } else {
    array(2 * count);
  }
}

void append_command(std::initializer_list<std::string_view> arguments, std::string& to) {
  RespWriter writer(to, RespVersion::v2);
  writer.array(arguments.size());
  for (const std::string_view argument : arguments) writer.bulk(argument);
}

void append_command(const std::vector<std::string>& arguments, std::string& to) {
  RespWriter writer(to, RespVersion::v2);
  writer.array(arguments.size());
  for (const std::string& argument : arguments) writer.bulk(argument);
}

const RespValue* RespValue::field(std::string_view name) const {
  if (kind != Kind::array) return nullptr;
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    if (items[i].is_text() && items[i].text == name) return &items[i + 1];
  }
  return nullptr;
}

// Reads the bytes that follow the header of a bulk value.
RespState RespReader::read_bulk(std::int64_t size, std::size_t header, RespValue& value) {
  if (size < -1 || size > kMaxBulk) return RespState::damaged;
  if (size == -1) {
    buffer_.take(header);
    return RespState::complete;
  }
  const std::string_view bytes = buffer_.view();
  const std::size_t length = static_cast<std::size_t>(size);
  if (bytes.size() < header + length + 2) return RespState::incomplete;
  if (bytes.substr(header + length, 2) != "\r\n") return RespState::damaged;
  value.kind = RespValue::Kind::text;
  value.text = bytes.substr(header, length);
  buffer_.take(header + length + 2);
  return RespState::complete;
}

// Reads a scalar, or the header of an aggregate of `elements` values.
RespState RespReader::read_one(RespValue& value, std::size_t& elements) {
  const std::string_view bytes = buffer_.view();
  const std::size_t end = bytes.substr(0, kMaxLine).find("\r\n");
  if (end == std::string_view::npos) {
    return bytes.size() < kMaxLine ? RespState::incomplete : RespState::damaged;
  }
  if (end == 0) return RespState::damaged;
  const char type = bytes[0];
  const std::string_view line = bytes.substr(1, end - 1);
  const std::optional<std::int64_t> number = parse_integer(line);
  using Kind = RespValue::Kind;
  switch (type) {
    case '$':  // a bulk string
    case '=':  // a verbatim string
      return number ? read_bulk(*number, end + 2, value) : RespState::damaged;
    case '!': {  // a bulk error
      const RespState state = number ? read_bulk(*number, end + 2, value) : RespState::damaged;
      value.kind = Kind::error;
      return state;
    }
    case '+':
    case '(':  // a big number
    case ',':  // a floating-point number
    case '-':
      value.kind = type == '-' ? Kind::error : Kind::text;
      value.text = line;
      break;
    case ':':
      if (!number) return RespState::damaged;
      value.kind = Kind::integer;
      value.integer = *number;
      break;
    case '#':
      if (line != "t" && line != "f") return RespState::damaged;
      value.kind = Kind::boolean;
      value.integer = line == "t" ? 1 : 0;
      break;
    case '_':
      break;
    case '*':
    case '~':  // a set
    case '>':  // a push
    case '%':  // a map
      if (!number || *number < -1 || *number > kMaxElements) return RespState::damaged;
      if (*number == -1) break;
      value.kind = Kind::array;
      elements = static_cast<std::size_t>(*number) * (type == '%' ? 2 : 1);
      break;
    default:
      return RespState::damaged;
  }
  buffer_.take(end + 2);
  return RespState::complete;
}

RespState RespReader::next(RespValue& value) {
  while (!damaged_) {
    RespValue one;
    std::size_t elements = 0;
    const RespState state = read_one(one, elements);
    if (state == RespState::incomplete) return state;
    damaged_ = state == RespState::damaged || open_.size() > kMaxDepth;
    if (elements > 0) {
      one.items.reserve(std::min<std::size_t>(elements, 64));
      open_.push_back({std::move(one), elements});
      continue;
    }
    // `one` is whole; so may become those that only waited for it.
    while (!open_.empty()) {
      open_.back().value.items.push_back(std::move(one));
      if (--open_.back().missing > 0) break;
      one = std::move(open_.back().value);
      open_.pop_back();
    }
    if (open_.empty() && !damaged_) {
      value = std::move(one);
      return RespState::complete;
    }
  }
  return RespState::damaged;
}

}  // namespace holdfast::node
