#include "checkers/formats/event_parser.h"

#include <charconv>

namespace holdfast::checkers {
namespace {

std::optional<EventKind> parse_kind(std::string_view text) {
  if (text == "invoke") return EventKind::invoke;
  if (text == "ok") return EventKind::ok;
  if (text == "fail") return EventKind::fail;
  if (text == "info") return EventKind::info;
  return std::nullopt;
}

// What acts without being a client: Jepsen's nemesis, whichever of several.
bool is_no_client(std::string_view process) {
  return process.starts_with("nemesis") || process == "nil" || process == "null";
}

}  // namespace

// A word, a number or nil, as text.
bool EventParser::text_field(DatumParser& in, std::string_view& out) {
  in.skip_space();
  return in.word(out);
}

bool EventParser::field(std::string_view name, DatumParser& in, Fields& fields, TraceEvent& event) {
  switch (name.empty() ? '\0' : name.front()) {
    case 't':
      if (name == "type") return text_field(in, fields.type);
      if (name == "time" && in.try_integer(event.time_ns)) return true;
      break;
    case 'f':
      if (name == "f") return text_field(in, fields.f);
      break;
    case 'v':
      if (name == "value") {
        event.has_value = true;
        return in.value(fields.value);
      }
      if (name == "version" && versions_) {
        if (in.peek() != '"' && in.try_integer(event.version.clock_us)) return true;
        return text_field(in, fields.version);
      }
      break;
    case 'p':
      if (name == "process") {
        std::int64_t process = 0;
        if (!in.try_integer(process)) return text_field(in, fields.process_word);
        fields.process = process;
        return true;
      }
      break;
    case 'k':
      if (name == "key") {
        fields.has_key = true;
        return text_field(in, fields.key);
      }
      break;
    case 'n':
      if (name == "node") {
        std::string_view node;
        if (!text_field(in, node)) return false;
        event.node = parse_node_name(node).value_or(kNoNode);
        return true;
      }
      break;
    case 'i':
      if (name == "id" && in.peek() == '"') return text_field(in, fields.id);
      break;
    default:
      break;
  }
  return in.skip_value();
}

Result<Parsed> EventParser::parse_map(std::string_view text, Notation notation, TraceEvent& event) {
  DatumParser in(text, notation, builder_.data());
  Fields fields;
  bool good = in.take('{', "an operation, a map that begins with {");
  for (bool first = true; good && !in.try_take('}'); first = false) {
    std::string_view name;
    if (!first && notation == Notation::json) good = in.take(',', "a comma or }");
    good = good && in.key(name);
    in.skip_space();
    good = good && field(name, in, fields, event);
  }
  place_ = in.place();
  if (!good) return fail(std::string("expected ") + in.expected());
  in.skip_space();
  if (!in.at_end()) return fail("expected the end of the operation");
  return finish(fields, event);
}

Result<Parsed> EventParser::finish(Fields& fields, TraceEvent& event) {
  if (fields.type == "phase") {
    phase_ = fields.value.is_atom() ? unquoted(builder_.data().atom_text(fields.value)) : "";
    return Parsed::phase;
  }
  if (is_no_client(fields.process_word)) return Parsed::nothing;
  if (!fields.process_word.empty()) fields.process = builder_.process_named(fields.process_word);
  if (!fields.process) return fail("expected a process");
  const std::optional<EventKind> kind = parse_kind(fields.type);
  if (!kind) return fail("expected type invoke, ok, fail or info");
  // In a keyword with a namespace the name says what to do.
  const std::optional<Action> action =
      parse_action(fields.f.substr(fields.f.find_last_of('/') + 1));
  if (!action) {
    return fail("expected a known f, such as read, write, cas, add, enqueue; not \"" +
                std::string(fields.f.substr(0, 40)) + "\"");
  }
  event.type = *kind;
  event.action = *action;
  event.process = *fields.process;
  event.value = fields.value;
  if (!fields.version.empty() && fields.version != "nil" && fields.version != "null") {
    const std::optional<Version> version = parse_version(fields.version);
    if (!version) return fail("expected a version such as 1700000000000000.0.n1.7");
    event.version = *version;
  }
  const bool told = fields.has_key && fields.key != "nil" && fields.key != "null";
  // A key of its own, be it nil, says that values are not [key value].
  if (told || (fields.has_key && !keyed_)) keyed_ = false;
  const Result<> shaped = shape_value(event);
  if (!shaped) return shaped.error();
  if (keyed_ != true) event.key = builder_.key(told ? fields.key : std::string_view());
  // Which delete a read of nothing saw is known by the delete's id: each has a value of its own.
  const bool nothing =
      event.action == Action::read && event.type == EventKind::ok && event.value.is_nil();
  if (!fields.id.empty() && (event.action == Action::del || nothing)) {
    event.value = builder_.data().atom("deleted@" + std::string(fields.id));
  }
  return Parsed::event;
}

bool EventParser::decide_keyed(const TraceEvent& event, std::span<const Datum> elements) const {
  if (elements.size() != 2) return false;
  if (event.action == Action::txn) return !elements[0].is_list();  // its own parts are lists
  if (event.action == Action::cas) return elements[1].is_list();
  if (event.action == Action::read) return event.type == EventKind::invoke;
  return true;
}

// Splits [key value], and a cas' [expected new].
Result<> EventParser::shape_value(TraceEvent& event) {
  Data& data = builder_.data();
  if (event.value.is_list()) {
    if (!keyed_) keyed_ = decide_keyed(event, data.elements(event.value));
    const auto pair = data.elements(event.value);
    if (*keyed_ && pair.size() == 2) {
      const Datum value = pair[1];
      event.key = builder_.key(unquoted(data.text(pair[0])));
      event.value = value;
    }
  } else if (!keyed_ && event.has_value && !event.value.is_nil()) {
    keyed_ = false;
  }
  if (event.action == Action::txn) return check_transaction(event);
  if (event.action != Action::cas || event.type != EventKind::invoke) return {};
  if (!event.value.is_list() || data.elements(event.value).size() != 2) {
    return fail("expected a cas' value to be [expected new]");
  }
  const auto pair = data.elements(event.value);
  event.second = pair[1];
  event.value = pair[0];
  return {};
}

// A list of [f key value], each a read or a write.
Result<> EventParser::check_transaction(const TraceEvent& event) const {
  const Data& data = builder_.data();
  if (event.value.is_nil()) return {};
  const char* const shape = "expected a transaction, a list of [:r key value] and [:w key value]";
  if (!event.value.is_list()) return fail(shape);
  for (const Datum part : data.elements(event.value)) {
    const std::span<const Datum> words =
        part.is_list() ? data.elements(part) : std::span<const Datum>();
    if (words.size() != 3 || !words[0].is_atom()) return fail(shape);
    std::string_view f = unquoted(data.atom_text(words[0]));
    if (f.starts_with(':')) f.remove_prefix(1);
    if (f != "r" && f != "read" && f != "w" && f != "write") {
      return fail(std::string(shape) + "; not \"" + std::string(f.substr(0, 40)) +
                  "\": transactions on lists and other types are not judged");
    }
  }
  return {};
}

// "INFO  jepsen.util - 4 :invoke :write 3", with anything before the dash.
Result<Parsed> EventParser::parse_console_line(std::string_view text, TraceEvent& event) {
  const std::size_t source = text.find("jepsen.");
  const std::size_t dash = source == text.npos ? text.npos : text.find(" - ", source);
  if (dash == text.npos) return Parsed::nothing;
  DatumParser in(text.substr(dash + 3), Notation::edn, builder_.data());
  Fields fields;
  std::int64_t process = 0;
  if (!in.try_integer(process)) return Parsed::nothing;
  fields.process = process;
  in.skip_space();
  if (in.peek() != ':') return Parsed::nothing;  // some other message with a number
  bool good = in.word(fields.type) && in.word(fields.f);
  in.skip_space();
  event.has_value = good && !in.at_end();
  if (event.has_value) good = in.value(fields.value);
  place_ = dash + 3 + in.place();
  if (!good) return fail(std::string("expected ") + in.expected());
  return finish(fields, event);
}

}  // namespace holdfast::checkers
