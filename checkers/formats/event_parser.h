// One event of a history from its text: a map or a vector of EDN or JSON, or a line of Jepsen's
// logs and tables.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "checkers/formats/datum_parser.h"
#include "checkers/formats/event_intake.h"

namespace holdfast::checkers {

// Our name of a field, and the name that the file has for it.
using FieldNames = std::vector<std::pair<std::string, std::string>>;

class EventParser {
 public:
  EventParser(EventIntake& intake, const FieldNames& names) : intake_(intake), names_(names) {}

  // Each fails with what was expected; place() is then where.
  Result<Parsed> parse_map(std::string_view text, Notation notation, TraceEvent& event);
  // [process type f value].
  Result<Parsed> parse_vector(std::string_view text, Notation notation, TraceEvent& event);
  // "process :type :f value", with anything before it that ends in white space; or an object of
  // JSON logging, whose message is such a line. Nothing, if it is none.
  Result<Parsed> parse_line(std::string_view text, TraceEvent& event);
  std::size_t place() const { return place_; }

 private:
  bool field(std::string_view name, DatumParser& in, EventFields& fields);
  std::string_view our_name(std::string_view name) const;
  Result<Parsed> parse_message(std::string_view line, TraceEvent& event);
  std::string fields_of(std::string_view text, Notation notation) const;

  EventIntake& intake_;
  const FieldNames& names_;
  std::size_t place_ = 0;
  std::string message_;  // of JSON logging, without its escapes
};

// Whether parse_line finds an operation; and whether it stands at the line's beginning, as in a
// table.
bool is_operation_line(std::string_view line, bool& at_beginning);

}  // namespace holdfast::checkers
