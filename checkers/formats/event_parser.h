// One event of a history from its text: a map of EDN or JSON, or a line of Jepsen's console log.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "checkers/formats/datum_parser.h"
#include "checkers/trace/builder.h"

namespace holdfast::checkers {

// What a record turned out to be.
enum class Parsed : std::uint8_t {
  event,
  phase,   // a phase begins: phase()
  nothing  // a nemesis' event, a line of something else
};

class EventParser {
 public:
  EventParser(TraceBuilder& builder, bool versions) : builder_(builder), versions_(versions) {}

  // Fails with what was expected; place() is then where.
  Result<Parsed> parse_map(std::string_view text, Notation notation, TraceEvent& event);
  Result<Parsed> parse_console_line(std::string_view text, TraceEvent& event);
  std::size_t place() const { return place_; }
  std::string_view phase() const { return phase_; }

 private:
  struct Fields {
    std::string_view type;
    std::string_view f;
    std::string_view key;
    std::string_view id;
    std::string_view version;
    std::optional<std::int64_t> process;
    std::string_view process_word;  // instead of a number
    bool has_key = false;
    bool has_version_number = false;
    Datum value;
  };

  bool field(std::string_view name, DatumParser& in, Fields& fields, TraceEvent& event);
  bool text_field(DatumParser& in, std::string_view& out);
  Result<Parsed> finish(Fields& fields, TraceEvent& event);
  Result<> shape_value(TraceEvent& event);
  Result<> check_transaction(const TraceEvent& event) const;
  bool decide_keyed(const TraceEvent& event, std::span<const Datum> elements) const;

  TraceBuilder& builder_;
  const bool versions_;
  std::optional<bool> keyed_;  // values are [key value], as of jepsen.independent
  std::size_t place_ = 0;
  std::string_view phase_;
};

}  // namespace holdfast::checkers
