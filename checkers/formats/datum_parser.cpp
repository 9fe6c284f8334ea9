#include "checkers/formats/datum_parser.h"

#include <algorithm>
#include <charconv>
#include <span>
#include <string>

namespace holdfast::checkers {
namespace {

bool is_space(char c, Notation notation) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r' || (c == ',' && notation == Notation::edn);
}
bool is_delimiter(char c) {
  switch (c) {
    case ' ':
    case '\n':
    case '\t':
    case '\r':
    case ',':
    case '{':
    case '}':
    case '[':
    case ']':
    case '(':
    case ')':
    case '"':
    case ';':
      return true;
    default:
      return false;
  }
}

// A number, true, false or null; or NaN and Infinity, which many programs print.
bool is_json_scalar(std::string_view text) {
  if (text == "true" || text == "false" || text == "null") return true;
  double number = 0;
  return std::from_chars(text.begin(), text.end(), number).ptr == text.end();
}

}  // namespace

void DatumParser::skip_space() {
  while (at_ != end_) {
    if (is_space(*at_, notation_)) {
      ++at_;
    } else if (*at_ == ';' && notation_ == Notation::edn) {
      while (at_ != end_ && *at_ != '\n') ++at_;
    } else {
      return;
    }
  }
}

bool DatumParser::take(char c, const char* expected) {
  skip_space();
  if (at_ == end_ || *at_ != c) return error(expected);
  ++at_;
  return true;
}

bool DatumParser::try_take(char c) {
  skip_space();
  if (at_ == end_ || *at_ != c) return false;
  ++at_;
  return true;
}

// From a quote to the next, both included.
bool DatumParser::string(std::string_view& with_quotes) {
  const char* start = at_++;
  while (at_ != end_ && *at_ != '"') {
    if (*at_ == '\\') {
      ++at_;
      if (at_ == end_) break;
    }
    ++at_;
  }
  if (at_ == end_) return error("the string's closing quote");
  ++at_;
  with_quotes = {start, static_cast<std::size_t>(at_ - start)};
  return true;
}

std::string_view DatumParser::token() {
  const char* start = at_;
  while (at_ != end_ && !is_delimiter(*at_) && !(notation_ == Notation::json && *at_ == ':')) {
    const bool character = *at_ == '\\' && notation_ == Notation::edn;  // whatever it is: \{ too
    if (character && at_ + 1 == end_) return {};                        // nothing: that is none
    at_ += character ? 2 : 1;
  }
  return {start, static_cast<std::size_t>(at_ - start)};
}

bool DatumParser::word(std::string_view& out) {
  skip_space();
  if (at_ == end_) return error("a name");
  if (*at_ == '"') {
    if (!string(out)) return false;
    out = out.substr(1, out.size() - 2);
    return true;
  }
  if (*at_ == ':' && notation_ == Notation::edn) ++at_;
  out = token();
  if (out.empty()) return error("a name");
  if (notation_ == Notation::json && !is_json_scalar(out)) {
    at_ = out.data();
    return error("a name in quotes");
  }
  return true;
}

bool DatumParser::key(std::string_view& name) {
  skip_space();
  if (notation_ == Notation::json) {
    if (at_ == end_ || *at_ != '"') return error("a key in quotes");
    return word(name) && take(':', "a colon behind the key");
  }
  if (at_ == end_ || (*at_ != ':' && *at_ != '"')) return error("a keyword");
  return word(name);
}

bool DatumParser::try_integer(std::int64_t& out) {
  skip_space();
  const char* start = at_;
  if (start != end_ && *start == '+') ++start;
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(start, end_, number);
  if (code != std::errc{}) return false;
  const bool big = end != end_ && *end == 'N' && notation_ == Notation::edn;
  const char* behind = end + (big ? 1 : 0);
  if (behind != end_ && !is_delimiter(*behind)) return false;
  at_ = behind;
  out = number;
  return true;
}

bool DatumParser::value(Datum& out, int depth) {
  if (depth > kDeepest) return error("less than 64 levels of brackets");
  skip_space();
  if (at_ == end_) return error("a value");
  std::int64_t number = 0;
  switch (*at_) {
    case '"': {
      std::string_view text;
      if (!string(text)) return false;
      out = data_.atom(text);
      return true;
    }
    case '[':
      ++at_;
      return list(out, ']', depth);
    case '(':
      if (notation_ == Notation::json) return error("a value");
      ++at_;
      return list(out, ')', depth);
    case '{':
      ++at_;
      return map(out, depth);
    case '#':
      if (notation_ == Notation::json) return error("a value");
      ++at_;
      if (at_ != end_ && *at_ == '{') {
        ++at_;
        return list(out, '}', depth) && sort_set(out);
      }
      token();  // a tag says nothing to us, or _ discards the value that follows
      if (at_[-1] == '_') {
        Datum ignored;
        if (!value(ignored, depth + 1)) return false;
      }
      return value(out, depth + 1);
    default:
      break;
  }
  if (try_integer(number)) {
    out = data_.number(number);
    return true;
  }
  const std::string_view text = token();
  if (text.empty()) return error("a value");
  if (notation_ == Notation::json && !is_json_scalar(text)) {
    at_ = text.data();
    return error("a number, true, false or null");
  }
  if (text == "nil" || text == "null") {
    out = kNilDatum;
  } else {
    out = data_.atom(text);
  }
  return true;
}

bool DatumParser::list(Datum& out, char close, int depth) {
  std::vector<Datum> elements;
  while (!try_take(close)) {
    if (at_ == end_) return error("the closing bracket");
    if (notation_ == Notation::json && !elements.empty() && !take(',', "a comma or a bracket")) {
      return false;
    }
    Datum element;
    if (!value(element, depth + 1)) return false;
    elements.push_back(element);
  }
  out = data_.list(elements);
  return true;
}

// A set has no order: equal sets become equal lists.
bool DatumParser::sort_set(Datum& set) {
  const auto by_bits = [](Datum a, Datum b) { return a.bits() < b.bits(); };
  const std::span<const Datum> elements = data_.elements(set);
  if (std::is_sorted(elements.begin(), elements.end(), by_bits)) return true;
  std::vector<Datum> sorted(elements.begin(), elements.end());
  std::sort(sorted.begin(), sorted.end(), by_bits);
  set = data_.list(sorted);
  return true;
}

// As an atom whose text does not depend on the order of its keys, nor on white space.
bool DatumParser::map(Datum& out, int depth) {
  std::vector<std::string> entries;
  while (!try_take('}')) {
    if (at_ == end_) return error("the closing bracket");
    if (notation_ == Notation::json && !entries.empty() && !take(',', "a comma or a bracket")) {
      return false;
    }
    Datum key;
    if (!value(key, depth + 1)) return false;
    if (notation_ == Notation::json && !take(':', "a colon behind the key")) return false;
    Datum of_key;
    if (!value(of_key, depth + 1)) return false;
    entries.push_back(data_.text(key) + (notation_ == Notation::json ? ": " : " ") +
                      data_.text(of_key));
  }
  std::sort(entries.begin(), entries.end());
  std::string text = "{";
  for (const std::string& entry : entries) text += (text.size() > 1 ? ", " : "") + entry;
  out = data_.atom(text + "}");
  return true;
}

// By brackets and strings only.
bool DatumParser::skip_value(int depth) {
  skip_space();
  if (at_ == end_) return error("a value");
  if (*at_ == '#') {
    ++at_;
    if (at_ == end_ || *at_ != '{') {
      token();
      return depth > kDeepest ? error("less than 64 levels") : skip_value(depth + 1);
    }
  }
  std::string_view text;
  if (*at_ == '"') return string(text);
  if (*at_ != '[' && *at_ != '(' && *at_ != '{') {
    return token().empty() ? error("a value") : true;
  }
  std::string open;
  do {
    if (at_ == end_) return error("the closing bracket");
    const char c = *at_;
    if (c == '"') {
      if (!string(text)) return false;
      continue;
    }
    if (c == ';' && notation_ == Notation::edn) {
      skip_space();
      continue;
    }
    ++at_;
    if (c == '[') open += ']';
    if (c == '(') open += ')';
    if (c == '{') open += '}';
    if (c == ']' || c == ')' || c == '}') {
      if (open.back() != c) return error("the other closing bracket");
      open.pop_back();
    }
    if (c == '\\' && at_ != end_) ++at_;
  } while (!open.empty());
  return true;
}

}  // namespace holdfast::checkers
