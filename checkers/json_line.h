// One line of JSON: an object, walked member by member. Holds the place of the first damage and
// what was expected there. The only header that includes simdjson: for .cpp files.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>

#include "checkers/history.h"
#include "checkers/lines.h"
#include "node/base/ids.h"
#include "node/base/version.h"

namespace holdfast::checkers {

class JsonLine {
 public:
  explicit JsonLine(const Lines& lines) : lines_(lines) {}

  // Calls `member(name, value)` for each member until it returns false, after damage().
  template <class Member>
  bool walk(std::string_view line, Member&& member) {
    line_ = line;
    position_ = line.data();
    expected_ = {};
    if (line.empty()) return damage("a complete JSON object");
    if (parser_.iterate(line.data(), line.size(), line.size() + lines_.room_after(line))
            .get(document_)) {
      return damage("a complete JSON object");
    }
    simdjson::ondemand::object object;
    if (document_.get_object().get(object)) return damage("a complete JSON object");
    if (!walk_members(object, member)) return false;
    position_ = line.data() + line.size();
    // What follows the object's end on the same line is damage too.
    const char* rest = nullptr;
    return document_.current_location().get(rest) == simdjson::OUT_OF_BOUNDS || broken();
  }

  // Marks the value at hand as not what it should be. Always false.
  bool damage(std::string_view expected) {
    if (expected_.empty()) expected_ = expected;
    return false;
  }
  // Damage to the line as a whole.
  bool damage_line(std::string_view expected) {
    position_ = line_.data();
    return damage(expected);
  }
  std::string error() const { return lines_.error_at(position_, line_, expected_); }

  using Json = simdjson::ondemand::value;
  bool take(Json& json, std::string_view& to) {
    return !json.get_string().get(to) || damage("a string");
  }
  bool take(Json& json, std::int64_t& to) {
    return !json.get_int64().get(to) || damage("a whole number");
  }
  bool take(Json& json, std::uint64_t& to) {
    return !json.get_uint64().get(to) || damage("a whole number that is not negative");
  }
  bool take(Json& json, bool& to) { return !json.get_bool().get(to) || damage("true or false"); }
  bool take(Json& json, NodeId& to);
  bool take(Json& json, OperationId& to);
  bool take(Json& json, Version& to);
  bool take_value(Json& json, std::int64_t& to);  // a number, null or "foreign"
  bool take(Json& json, Copy& to);                // "n2", or "n4:n3"
  // Calls `element(value)` for each element of an array until it returns false.
  template <class Element>
  bool take_array(Json& json, Element&& element) {
    simdjson::ondemand::array array;
    if (json.get_array().get(array)) return damage("an array");
    for (auto item : array) {
      simdjson::ondemand::value value;
      if (item.get(value)) return broken();
      position_ = value.raw_json_token().data();
      if (!element(value)) return false;
    }
    return true;
  }
  // Calls `member(name, value)` for each member of an object until it returns false.
  template <class Member>
  bool take_object(Json& json, Member&& member) {
    simdjson::ondemand::object object;
    if (json.get_object().get(object)) return damage("an object");
    return walk_members(object, member);
  }

 private:
  template <class Member>
  bool walk_members(simdjson::ondemand::object& object, Member& member) {
    for (auto field : object) {
      std::string_view name;
      if (field.unescaped_key().get(name)) return broken();
      Json value;
      if (field.value().get(value)) return broken();
      position_ = value.raw_json_token().data();
      if (!member(name, value)) return false;
    }
    return true;
  }

  bool broken() {
    const char* where = nullptr;
    if (document_.current_location().get(where) == simdjson::SUCCESS) position_ = where;
    return damage("well-formed JSON: a member, a comma or the end of the object");
  }

  const Lines& lines_;
  simdjson::ondemand::parser parser_;
  simdjson::ondemand::document document_;
  std::string_view line_;
  const char* position_ = nullptr;
  std::string expected_;
};

}  // namespace holdfast::checkers
