#include "node/codec/resp_command.h"

#include <charconv>
#include <optional>

namespace holdfast::node {
namespace {

constexpr std::size_t kMaxNumberLine = 32;
constexpr std::size_t kGarbageShows = 256;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_space(char c) { return c == ' ' || c == '\t'; }

// What stands behind a backslash at `at` within double quotes; advances `at` past it.
char unescape(std::string_view line, std::size_t& at) {
  const char c = line[at];
  if (c == 'x' && at + 2 < line.size() && hex_digit(line[at + 1]) >= 0 &&
      hex_digit(line[at + 2]) >= 0) {
    at += 3;
    return static_cast<char>(hex_digit(line[at - 2]) * 16 + hex_digit(line[at - 1]));
  }
  ++at;
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    default:
      return c;
  }
}

// One word from `at` on, with quotes as redis-cli has them; nothing if a quote is not closed, or
// is followed by something else than a space.
std::optional<std::string> read_word(std::string_view line, std::size_t& at) {
  std::string word;
  if (line[at] != '"' && line[at] != '\'') {
    while (at < line.size() && !is_space(line[at])) word += line[at++];
    return word;
  }
  const char quote = line[at++];
  while (at < line.size() && line[at] != quote) {
    if (line[at] != '\\' || at + 1 == line.size()) {
      word += line[at++];
    } else if (quote == '"') {
      word += unescape(line, ++at);
    } else if (line[at + 1] == '\'') {
      word += '\'';
      at += 2;
    } else {
      word += line[at++];
    }
  }
  if (at == line.size()) return std::nullopt;
  ++at;
  if (at < line.size() && !is_space(line[at])) return std::nullopt;
  return word;
}

// Text that a person may have typed; anything else is not meant for this port.
bool is_typed(std::string_view line) {
  for (const char c : line) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\t') return false;
    if (c == 0x7f) return false;
  }
  return true;
}

}  // namespace

RespState CommandReader::damage(std::string_view why) {
  error_ = "ERR Protocol error: ";
  error_ += why;
  return RespState::damaged;
}

// Reads "<type><number>\r\n" at at_.
RespState CommandReader::read_number(char type, std::size_t limit, std::size_t& number) {
  const std::string_view bytes = buffer_.view().substr(at_);
  if (bytes.empty()) return RespState::incomplete;
  if (bytes[0] != type) return damage(std::string("expected '") + type + "'");
  const std::size_t end = bytes.substr(0, kMaxNumberLine).find("\r\n");
  if (end == std::string_view::npos) {
    return bytes.size() < kMaxNumberLine ? RespState::incomplete : damage("invalid length");
  }
  std::int64_t value = 0;
  const auto [stop, error] = std::from_chars(bytes.data() + 1, bytes.data() + end, value);
  if (error != std::errc() || stop != bytes.data() + end) return damage("invalid length");
  if (type == '*' && value < 0) value = 0;  // as Redis has it
  if (value < 0) return damage("invalid length");
  if (static_cast<std::uint64_t>(value) > limit) return damage("length above the limit");
  number = static_cast<std::size_t>(value);
  at_ += end + 2;
  return RespState::complete;
}

RespState CommandReader::read_header() {
  const RespState state = read_number('*', kMaxArguments, missing_);
  if (state != RespState::complete) return state;
  bytes_ = 0;
  spans_.clear();
  return state;
}

RespState CommandReader::read_argument() {
  const std::size_t before = at_;
  std::size_t size = 0;
  const RespState state = read_number('$', kMaxCommandBytes - bytes_, size);
  if (state != RespState::complete) return state;
  if (buffer_.size() < at_ + size + 2) {
    at_ = before;
    return RespState::incomplete;
  }
  if (buffer_.view().substr(at_ + size, 2) != "\r\n") return damage("expected a line's end");
  spans_.emplace_back(at_, size);
  bytes_ += size;
  at_ += size + 2;
  --missing_;
  return RespState::complete;
}

RespState CommandReader::read_inline(std::vector<std::string_view>& arguments) {
  const std::string_view bytes = buffer_.view();
  const std::size_t end = bytes.substr(0, kMaxInlineBytes).find('\n');
  std::string_view line = bytes.substr(0, std::min(end, kMaxInlineBytes));
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  const bool whole = end != std::string_view::npos;
  // Garbage shows early; what arrives byte by byte is not looked through again and again.
  if (!is_typed(whole ? line : line.substr(0, kGarbageShows))) {
    return damage("neither a command's array nor a line of text");
  }
  if (!whole) {
    return bytes.size() < kMaxInlineBytes ? RespState::incomplete
                                          : damage("too big inline request");
  }
  words_.clear();
  for (std::size_t at = 0; at < line.size();) {
    if (is_space(line[at])) {
      ++at;
      continue;
    }
    std::optional<std::string> word = read_word(line, at);
    if (!word) return damage("unbalanced quotes in request");
    words_.push_back(std::move(*word));
  }
  buffer_.take(end + 1);
  arguments.assign(words_.begin(), words_.end());
  return RespState::complete;
}

RespState CommandReader::next(std::vector<std::string_view>& arguments) {
  while (error_.empty()) {
    arguments.clear();
    RespState state = RespState::complete;
    if (missing_ == 0) {
      if (buffer_.size() == 0) return RespState::incomplete;
      if (buffer_.view().front() != '*') {
        state = read_inline(arguments);
        if (state != RespState::complete || !arguments.empty()) return state;
        continue;
      }
      state = read_header();
    }
    while (state == RespState::complete && missing_ > 0) state = read_argument();
    if (state != RespState::complete) return state;
    const std::string_view bytes = buffer_.view();
    for (const auto& [at, size] : spans_) arguments.push_back(bytes.substr(at, size));
    spans_.clear();
    buffer_.take(at_);
    at_ = 0;
    if (!arguments.empty()) return RespState::complete;
  }
  return RespState::damaged;
}

}  // namespace holdfast::node
