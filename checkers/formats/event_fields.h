// What the record of one event says, whoever read it: the common ground of all readers of events.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "checkers/trace/datum.h"

namespace holdfast::checkers {

// Words are without quotes and without the colon of a keyword. They need to live until the
// EventIntake has taken the event.
struct EventFields {
  std::string_view type;  // invoke, ok, fail, info; phase
  std::string_view f;     // empty: the event has none
  std::optional<std::int64_t> process;
  std::string_view process_word;  // instead of a number
  Datum value;                    // as the file has it: keys and compare-and-sets are not split
  bool has_key = false;           // there is a field of its own for the key, be it nil
  std::string_view key;
  std::string_view id;  // of the write
  std::string_view version;
  std::int64_t version_number = -1;  // instead of a whole version
  std::int64_t time_ns = -1;         // -1: the file does not say
  std::int64_t index = -1;           // the event's place, -1: the file does not say
  std::string_view node;
  bool is_final = false;
};

}  // namespace holdfast::checkers
