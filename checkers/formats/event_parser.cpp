#include "checkers/formats/event_parser.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace holdfast::checkers {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

// Where an operation begins in a line: its process, before a type. npos: nowhere.
std::size_t operation_in(std::string_view line) {
  for (std::size_t colon = line.find(':'); colon != line.npos; colon = line.find(':', colon + 1)) {
    if (colon == 0 || !is_blank(line[colon - 1])) continue;
    const std::string_view rest = line.substr(colon + 1);
    constexpr std::array<std::string_view, 4> kTypes = {"invoke", "ok", "fail", "info"};
    const auto* type = std::find_if(kTypes.begin(), kTypes.end(), [&](std::string_view name) {
      return rest.starts_with(name) && rest.size() > name.size() && is_blank(rest[name.size()]);
    });
    if (type == kTypes.end()) continue;
    const std::size_t f = rest.find_first_not_of(" \t\r", type->size());
    if (f == rest.npos || (rest[f] != ':' && !rest.substr(f).starts_with("nil"))) continue;
    std::size_t end = colon;
    while (end > 0 && is_blank(line[end - 1])) --end;
    std::size_t begin = end;
    while (begin > 0 && !is_blank(line[begin - 1])) --begin;
    const std::string_view process = line.substr(begin, end - begin);
    std::int64_t number = 0;
    const auto [behind, code] = std::from_chars(process.begin(), process.end(), number);
    const bool is_number = code == std::errc{} && behind == process.end();
    if (is_number || process.starts_with(":nemesis")) return begin;
  }
  return line.npos;
}

// JSON's escapes, but for those of characters beyond ASCII, which stay.
void unescape(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char c = text[++i];
    unsigned code = 0;
    if (c == 't') {
      out += '\t';
    } else if (c == 'n') {
      out += '\n';
    } else if (c == 'r') {
      out += '\r';
    } else if (c == 'u' && i + 4 < text.size() &&
               std::from_chars(&text[i + 1], &text[i + 5], code, 16).ptr == &text[i + 5] &&
               code < 0x80) {
      out += static_cast<char>(code);
      i += 4;
    } else {
      if (c != '"' && c != '\\' && c != '/') out += '\\';
      out += c;
    }
  }
}

bool process_field(DatumParser& in, EventFields& fields) {
  std::int64_t process = 0;
  if (!in.try_integer(process)) return in.word(fields.process_word);
  fields.process = process;
  return true;
}

}  // namespace

bool is_operation_line(std::string_view line, bool& at_beginning) {
  const std::size_t at = operation_in(line);
  at_beginning = at != line.npos && line.find_first_not_of(" \t") == at;
  return at != line.npos;
}

std::string_view EventParser::our_name(std::string_view name) const {
  for (const auto& [ours, theirs] : names_) {
    if (name == theirs) return ours;
    if (name == ours) return {};
  }
  return name;
}

bool EventParser::field(std::string_view name, DatumParser& in, EventFields& fields) {
  switch (name.empty() ? '\0' : name.front()) {
    case 't':
      if (name == "type") return in.word(fields.type);
      if (name == "time" && in.try_integer(fields.time_ns)) return true;
      break;
    case 'f':
      if (name == "f") return in.word(fields.f);
      if (name == "final?") {
        std::string_view word;
        if (!in.word(word)) return false;
        fields.is_final = word == "true";
        return true;
      }
      break;
    case 'v':
      if (name == "value") return in.value(fields.value);
      if (name == "version") {
        if (in.peek() != '"' && in.try_integer(fields.version_number)) return true;
        return in.word(fields.version);
      }
      break;
    case 'p':
      if (name == "process") return process_field(in, fields);
      break;
    case 'k':
      if (name == "key") {
        fields.has_key = true;
        return in.word(fields.key);
      }
      break;
    case 'n':
      if (name == "node") return in.word(fields.node);
      break;
    case 'i':
      if (name == "id" && in.peek() == '"') return in.word(fields.id);
      if (name == "index" && in.try_integer(fields.index)) return true;
      break;
    default:
      break;
  }
  return in.skip_value();
}

Result<Parsed> EventParser::parse_map(std::string_view text, Notation notation, TraceEvent& event) {
  DatumParser in(text, notation, intake_.data());
  EventFields fields;
  bool good = in.take('{', "an operation, a map that begins with {");
  for (bool first = true; good && !in.try_take('}'); first = false) {
    std::string_view name;
    if (!first && notation == Notation::json) good = in.take(',', "a comma or }");
    good = good && in.key(name);
    in.skip_space();
    good = good && field(names_.empty() ? name : our_name(name), in, fields);
  }
  place_ = in.place();
  if (!good) return fail(std::string("expected ") + in.expected());
  in.skip_space();
  if (!in.at_end()) return fail("expected the end of the operation");
  if (!fields.process && fields.process_word.empty() && fields.type != "phase") {
    return fail("expected a process; the fields are " + fields_of(text, notation) +
                ": --map process=NAME says which is it");
  }
  if (fields.type.empty()) {
    return fail("expected a type, invoke, ok, fail or info; the fields are " +
                fields_of(text, notation) + ": --map type=NAME says which is it");
  }
  return intake_.take(fields, event);
}

// The names of a map's first fields, for a person. REQUIRES: it could be parsed.
std::string EventParser::fields_of(std::string_view text, Notation notation) const {
  Data ignored;
  DatumParser in(text, notation, ignored);
  in.take('{', "");
  std::string all;
  for (int i = 0; i < 12 && !in.try_take('}'); ++i) {
    std::string_view name;
    if (i > 0 && notation == Notation::json) in.take(',', "");
    if (!in.key(name) || !in.skip_value()) break;
    all += (i > 0 ? ", " : "") + std::string(name.substr(0, 40));
  }
  return all.empty() ? "none" : all;
}

Result<Parsed> EventParser::parse_vector(std::string_view text, Notation notation,
                                         TraceEvent& event) {
  DatumParser in(text, notation, intake_.data());
  EventFields fields;
  const auto next = [&] {
    in.skip_space();
    return notation == Notation::edn || in.take(',', "a comma");
  };
  bool good = in.take('[', "an operation, [process type f value]");
  in.skip_space();
  good = good && process_field(in, fields) && next() && in.word(fields.type) && next() &&
         in.word(fields.f);
  in.skip_space();
  if (good && in.peek() != ']') good = next() && in.value(fields.value);
  // An error, or whatever else somebody put behind.
  while (good && !in.try_take(']')) good = next() && in.skip_value();
  place_ = in.place();
  if (!good) return fail(std::string("expected ") + in.expected());
  return intake_.take(fields, event);
}

Result<Parsed> EventParser::parse_line(std::string_view text, TraceEvent& event) {
  place_ = 0;
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == text.npos || text[first] != '{') return parse_message(text, event);
  Data ignored;
  DatumParser in(text, Notation::json, ignored);
  in.take('{', "");
  while (!in.try_take('}')) {
    std::string_view name;
    if (!in.key(name)) return Parsed::nothing;
    in.skip_space();
    if (name == "message" && in.peek() == '"') {
      std::string_view escaped;
      if (!in.word(escaped)) return Parsed::nothing;
      const std::size_t place = in.place();
      unescape(escaped, message_);
      Result<Parsed> parsed = parse_message(message_, event);
      place_ = place;
      return parsed;
    }
    if (!in.skip_value()) return Parsed::nothing;
    in.try_take(',');
  }
  return Parsed::nothing;
}

Result<Parsed> EventParser::parse_message(std::string_view line, TraceEvent& event) {
  const std::size_t begin = operation_in(line);
  if (begin == line.npos || line[begin] == ':') return Parsed::nothing;
  DatumParser in(line.substr(begin), Notation::edn, intake_.data());
  EventFields fields;
  bool good = process_field(in, fields) && in.word(fields.type) && in.word(fields.f);
  in.skip_space();
  if (good && !in.at_end()) {
    // Of what did not succeed the value may be an error, in any words.
    good = in.value(fields.value) || fields.type == "fail" || fields.type == "info";
  }
  place_ = begin + in.place();
  if (!good) return fail(std::string("expected ") + in.expected());
  return intake_.take(fields, event);
}

}  // namespace holdfast::checkers
