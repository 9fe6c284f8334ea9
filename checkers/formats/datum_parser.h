// Reads values of EDN and of JSON, the two written in one alphabet: numbers, strings, keywords,
// lists, sets, maps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checkers/trace/datum.h"

namespace holdfast::checkers {

enum class Notation : std::uint8_t { edn, json };

// Walks one record. Every function that can fail returns false then, and says in expected() what
// should have stood at place().
class DatumParser {
 public:
  DatumParser(std::string_view text, Notation notation, Data& data)
      : begin_(text.data()),
        at_(text.data()),
        end_(text.data() + text.size()),
        notation_(notation),
        data_(data) {}

  void skip_space();
  bool at_end() const { return at_ == end_; }
  char peek() const { return at_ == end_ ? '\0' : *at_; }
  // The character, behind white space.
  bool take(char c, const char* expected);
  bool try_take(char c);
  // A map's key: "name" in JSON, :name (or a string) in EDN. The colon of JSON is taken too.
  bool key(std::string_view& name);
  bool value(Datum& out) { return value(out, 0); }
  // A value that nobody needs.
  bool skip_value() { return skip_value(0); }
  // An integer; false, and nothing taken, if something else stands there.
  bool try_integer(std::int64_t& out);
  // A string's content or a keyword's or symbol's name; escapes stay as they are.
  bool word(std::string_view& out);

  std::size_t place() const { return static_cast<std::size_t>(at_ - begin_); }
  const char* expected() const { return expected_; }

 private:
  static constexpr int kDeepest = 64;

  bool error(const char* expected) {
    expected_ = expected;
    return false;
  }
  bool value(Datum& out, int depth);
  bool skip_value(int depth);
  bool list(Datum& out, char close, int depth);
  bool sort_set(Datum& set);
  bool map(Datum& out, int depth);
  bool string(std::string_view& with_quotes);
  std::string_view token();

  const char* begin_;
  const char* at_;
  const char* end_;
  Notation notation_;
  Data& data_;
  const char* expected_ = "";
};

}  // namespace holdfast::checkers
