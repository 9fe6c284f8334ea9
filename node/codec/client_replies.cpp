#include <algorithm>
#include <charconv>
#include <utility>

#include "node/base/check.h"
#include "node/codec/client_codec.h"
#include "node/codec/client_fields.h"

namespace holdfast::node {
namespace {

constexpr std::array<std::string_view, 2> kRoles = {"home", "hint"};

// ---- Writing -----------------------------------------------------------------------------------

class ReplyWriter {
 public:
  explicit ReplyWriter(RespWriter& to) : to_(to) {}

  template <class T>
  void operator()(std::string_view name, const T& field) {
    to_.bulk(name);
    write(field);
  }

  template <HasFields T>
  void write(const T& value) {
    std::size_t count = 0;
    fields_of(value, [&count](std::string_view, auto&&) { ++count; });
    to_.map(count);
    fields_of(value, *this);
  }

 private:
  void write(bool value) { to_.boolean(value); }
  void write(const std::string& value) { to_.bulk(value); }
  void write(std::uint32_t value) { to_.integer(value); }
  void write(std::uint64_t value) {
    // RESP's integers have a sign.
    if (value > INT64_MAX) return to_.bulk(std::to_string(value));
    to_.integer(static_cast<std::int64_t>(value));
  }
  void write(Duration value) { to_.integer(to_us(value)); }
  void write(NodeId node) { node == kNoNode ? to_.null() : to_.bulk(node_name(node)); }
  void write(ErrorCode value) { to_.bulk(to_string(value)); }
  void write(Role value) { to_.bulk(kRoles[static_cast<std::size_t>(value)]); }
  void write(const Version& value) {
    value.is_set() ? to_.bulk(holdfast::to_string(value)) : to_.null();
  }
  void write(OperationId value) {
    value.is_set() ? to_.bulk(holdfast::to_string(value)) : to_.null();
  }
  void write(const Ack& value) { to_.bulk(to_string(value)); }
  template <class T>
  void write(const std::vector<T>& values) {
    to_.array(values.size());
    for (const T& value : values) write(value);
  }
  template <class Counts, std::size_t kSize>
  void write(const NamedCounts<Counts, kSize>& named) {
    to_.map(kSize);
    for (std::size_t i = 0; i < kSize; ++i) (*this)(named.names[i], named.counts[i]);
  }

  RespWriter& to_;
};

// ---- Reading -----------------------------------------------------------------------------------

// Takes fields out of a map; the first that is missing or has the wrong form is kept in `wrong`.
class ReplyReader {
 public:
  ReplyReader(RespValue& map, std::string& wrong) : map_(map), wrong_(wrong) {}

  template <class T>
  void operator()(std::string_view name, T&& field) {
    RespValue* value = find(name);
    if (value == nullptr || !read(*value, field)) {
      if (wrong_.empty()) wrong_ = name;
    }
  }

 private:
  // Fields come in our order, but need not.
  RespValue* find(std::string_view name) {
    if (next_ + 1 < map_.items.size() && map_.items[next_].text == name) {
      next_ += 2;
      return &map_.items[next_ - 1];
    }
    return const_cast<RespValue*>(map_.field(name));
  }

  bool read(const RespValue& from, bool& to) {
    to = from.integer != 0;
    return from.kind == RespValue::Kind::boolean || from.kind == RespValue::Kind::integer;
  }
  bool read(RespValue& from, std::string& to) {
    to = std::move(from.text);
    return from.is_text();
  }
  bool read(const RespValue& from, std::uint64_t& to) {
    if (from.kind == RespValue::Kind::integer) {
      to = static_cast<std::uint64_t>(from.integer);
      return from.integer >= 0;
    }
    const char* end = from.text.data() + from.text.size();
    const auto [stop, error] = std::from_chars(from.text.data(), end, to);
    return from.is_text() && error == std::errc() && stop == end;
  }
  bool read(const RespValue& from, std::uint32_t& to) {
    to = static_cast<std::uint32_t>(from.integer);
    return from.kind == RespValue::Kind::integer && from.integer == to;
  }
  bool read(const RespValue& from, Duration& to) {
    to = Duration(from.integer);
    return from.kind == RespValue::Kind::integer;
  }
  bool read(const RespValue& from, NodeId& to) {
    to = kNoNode;
    return from.kind == RespValue::Kind::null || take(parse_node_name(from.text), to);
  }
  bool read(const RespValue& from, ErrorCode& to) { return take(parse_error_code(from.text), to); }
  bool read(const RespValue& from, Role& to) {
    to = from.text == kRoles[1] ? Role::hint : Role::home;
    return from.text == kRoles[static_cast<std::size_t>(to)];
  }
  bool read(const RespValue& from, Version& to) {
    to = {};
    return from.kind == RespValue::Kind::null || take(parse_version(from.text), to);
  }
  bool read(const RespValue& from, OperationId& to) {
    to = {};
    return from.kind == RespValue::Kind::null || take(parse_operation_id(from.text), to);
  }
  bool read(const RespValue& from, Ack& to) { return take(parse_ack(from.text), to); }
  template <class T>
  bool read(RespValue& from, std::vector<T>& to) {
    if (from.kind != RespValue::Kind::array) return false;
    to.resize(from.items.size());
    for (std::size_t i = 0; i < to.size(); ++i) {
      if (!read(from.items[i], to[i])) return false;
    }
    return true;
  }
  template <class Counts, std::size_t kSize>
  bool read(RespValue& from, const NamedCounts<Counts, kSize>& to) {
    ReplyReader counts(from, wrong_);
    for (std::size_t i = 0; i < kSize; ++i) counts(to.names[i], to.counts[i]);
    return from.kind == RespValue::Kind::array;
  }
  template <HasFields T>
  bool read(RespValue& from, T& to) {
    if (from.kind != RespValue::Kind::array) return false;
    fields_of(to, ReplyReader(from, wrong_));
    return wrong_.empty();
  }

  template <class T>
  static bool take(std::optional<T> parsed, T& to) {
    if (parsed) to = std::move(*parsed);
    return parsed.has_value();
  }

  RespValue& map_;
  std::string& wrong_;
  std::size_t next_ = 0;
};

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

void write_reply(const Message& reply, RespWriter& writer) {
  std::visit(
      [&writer]<class T>(const T& one) {
        if constexpr (HasFields<const T>) {
          ReplyWriter(writer).write(one);
        } else {
          CHECK(!"not a reply to a client");
        }
      },
      reply);
}

template <class Reply>
Result<Reply> decode_reply(RespValue value) {
  Reply reply;
  if (value.is_error()) {
    if constexpr (std::same_as<Reply, ClientReply>) {
      reply.error = error_of_resp(value.text);
      reply.detail = std::move(value.text);
      return reply;
    } else {
      return fail(std::move(value.text));
    }
  }
  if (value.kind != RespValue::Kind::array) return fail("reply: expected a map of named fields");
  std::string wrong;
  fields_of(reply, ReplyReader(value, wrong));
  if (!wrong.empty()) return fail("reply: field '" + wrong + "' is missing or has the wrong form");
  return reply;
}

template Result<ClientReply> decode_reply(RespValue);
template Result<ReplicaReadReply> decode_reply(RespValue);
template Result<DumpReply> decode_reply(RespValue);
template Result<HintListReply> decode_reply(RespValue);
template Result<StatusReply> decode_reply(RespValue);
template Result<ControlReply> decode_reply(RespValue);

std::string resp_error(ErrorCode code, std::string_view detail) {
  std::string text(to_string(code));
  std::transform(text.begin(), text.end(), text.begin(), upper);
  text += ' ';
  text += detail.empty() ? describe(code) : detail;
  return text;
}

ErrorCode error_of_resp(std::string_view error) {
  std::string word(error.substr(0, error.find(' ')));
  std::transform(word.begin(), word.end(), word.begin(), lower);
  const auto code = parse_error_code(word);
  return code && *code != ErrorCode::none ? *code : ErrorCode::invalid_request;
}

std::string to_string(const Ack& ack) {
  std::string text = node_name(ack.node);
  if (ack.role == Role::home) return text;
  text += ':';
  return ack.destination == kNoNode ? text : text + node_name(ack.destination);
}

std::optional<Ack> parse_ack(std::string_view text) {
  const std::size_t colon = text.find(':');
  const auto node = parse_node_name(text.substr(0, colon));
  if (!node) return std::nullopt;
  if (colon == std::string_view::npos) return Ack{*node, Role::home, kNoNode};
  if (colon + 1 == text.size()) return Ack{*node, Role::hint, kNoNode};
  const auto destination = parse_node_name(text.substr(colon + 1));
  if (!destination) return std::nullopt;
  return Ack{*node, Role::hint, *destination};
}

}  // namespace holdfast::node
