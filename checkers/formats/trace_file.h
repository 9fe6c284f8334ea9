// Reads and writes histories of every known format.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checkers/formats/event_parser.h"
#include "checkers/formats/format.h"
#include "checkers/formats/shape.h"
#include "checkers/trace/trace.h"
#include "node/base/result.h"

namespace holdfast::checkers {

enum class Order : std::uint8_t {
  automatic,  // of :index, where every event has one of its own; else of the file
  file,
  time  // events of one time are concurrent
};

struct ReadOptions {
  Format format = Format::automatic;
  bool versions = true;  // keep versions, which only sessions and staleness need
  // Set from outside: what was read until then is returned.
  const std::atomic<bool>* stop = nullptr;
  KeyRule keys = KeyRule::automatic;
  Order order = Order::automatic;
  FieldNames names;           // of fields that the file calls otherwise
  bool text_numbers = false;  // "3" is 3
};

struct TraceFile {
  Trace trace;
  Format format = Format::automatic;
  std::uint64_t bytes = 0;
  std::vector<std::string> warnings;  // what was tolerated: an event cut off at the end
  bool complete = true;               // false: its end is cut off
};

// An error names the file, the line, the column and what was expected there.
Result<TraceFile> read_trace(const std::string& path, const ReadOptions& options = {});
// `name` stands for the file in errors.
Result<TraceFile> parse_trace(std::string_view text, std::string_view name,
                              const ReadOptions& options = {});

// Whether the format has words for all that the history holds; the error says for what not.
Result<> can_print(const Trace& trace, Format format);
// The whole history as text. REQUIRES: can_print.
std::string print_trace(const Trace& trace, Format format);

}  // namespace holdfast::checkers
