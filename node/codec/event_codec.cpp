#include "node/codec/event_codec.h"

#include <charconv>

namespace holdfast::node {
namespace {

void add(std::string_view name, std::string_view value, bool quoted, std::string& to) {
  if (to.back() != '{') to += ',';
  ((to += '"') += name) += "\":";
  if (quoted) to += '"';
  to += value;
  if (quoted) to += '"';
}

template <class Number>
bool parse(std::string_view text, Number& number) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end;
}

template <class T>
bool take(std::optional<T> parsed, T& to) {
  if (parsed) to = *parsed;
  return parsed.has_value();
}

bool parse_kind(std::string_view text, EventKind& kind) {
  for (std::size_t i = 0; i < kEventKinds; ++i) {
    kind = static_cast<EventKind>(i);
    if (to_string(kind) == text) return true;
  }
  return false;
}

bool set_field(std::string_view name, std::string_view value, Event& event) {
  std::int64_t number = 0;
  if (name == "steady_us" || name == "wall_us") {
    if (!parse(value, number)) return false;
    if (name == "steady_us") {
      event.at.steady = SteadyTime(Duration(number));
    } else {
      event.at.wall = WallTime(Duration(number));
    }
    return true;
  }
  if (name == "event") return parse_kind(value, event.kind);
  if (name == "peer") return take(parse_node_name(value), event.peer);
  if (name == "id") return take(parse_operation_id(value), event.id);
  if (name == "version") return take(parse_version(value), event.version);
  if (name == "sequence") return parse(value, event.sequence);
  if (name == "detail") return parse(value, event.detail);
  return true;  // a later writer's
}

}  // namespace

void encode_line(const Event& event, std::string& to) {
  to += '{';
  add("steady_us", std::to_string(to_us(event.at.steady)), false, to);
  add("wall_us", std::to_string(to_us(event.at.wall)), false, to);
  add("event", to_string(event.kind), true, to);
  if (event.peer != kNoNode) add("peer", node_name(event.peer), true, to);
  if (event.id.is_set()) add("id", to_string(event.id), true, to);
  if (event.version.is_set()) add("version", to_string(event.version), true, to);
  if (event.sequence != 0) add("sequence", std::to_string(event.sequence), false, to);
  if (event.detail != 0) add("detail", std::to_string(event.detail), false, to);
  to += "}\n";
}

Result<Event> decode_event(std::string_view line) {
  Event event;
  if (line.size() < 2 || line.front() != '{' || line.back() != '}') {
    return fail("event: not an object in one line");
  }
  std::string_view rest = line.substr(1, line.size() - 2);
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');  // no value of ours contains one
    std::string_view field = rest.substr(0, comma);
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    const std::size_t colon = field.find("\":");
    if (field.front() != '"' || colon == std::string_view::npos) return fail("event: not a field");
    const std::string_view name = field.substr(1, colon - 1);
    std::string_view value = field.substr(colon + 2);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    if (!set_field(name, value, event)) {
      return fail("event: field '" + std::string(name) + "' has the wrong form");
    }
  }
  return event;
}

}  // namespace holdfast::node
