// Reads and writes histories of every known format.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checkers/trace/trace.h"
#include "node/base/result.h"

namespace holdfast::checkers {

enum class Format : std::uint8_t {
  automatic,
  jsonl,        // Holdfast's history.jsonl, or any list of such events
  edn,          // Jepsen's history.edn: a vector, a list, or one map after another
  jepsen_log,   // Jepsen's console log
  porcupine_kv  // Porcupine's key-value log: maps with :key
};

struct FormatEntry {
  std::string_view name;
  Format format;
  std::string_view help;
};
std::span<const FormatEntry> all_formats();
std::optional<Format> parse_format(std::string_view name);
std::string_view name_of(Format format);
// By the first bytes; nothing if they look like none.
std::optional<Format> detect_format(std::string_view head);

struct ReadOptions {
  Format format = Format::automatic;
  bool versions = true;  // keep versions, which only sessions and staleness need
  const std::atomic<bool>* stop =
      nullptr;  // set from outside: what was read until then is returned
};

struct TraceFile {
  Trace trace;
  Format format = Format::automatic;
  std::uint64_t bytes = 0;
  std::vector<std::string> warnings;  // what was tolerated: an event cut off at the end
};

// An error names the file, the line, the column and what was expected there.
Result<TraceFile> read_trace(const std::string& path, const ReadOptions& options = {});
// `name` stands for the file in errors.
Result<TraceFile> parse_trace(std::string_view text, std::string_view name,
                              const ReadOptions& options = {});

// The format to write a file of this name in: history.jsonl, .edn, .log (Jepsen's), .txt
// (Porcupine's), with .gz or .zst behind it or not.
std::optional<Format> format_of_name(std::string_view path);
// Whether the format has words for all that the history holds; the error says for what not.
Result<> can_print(const Trace& trace, Format format);
// The whole history as text. REQUIRES: can_print.
std::string print_trace(const Trace& trace, Format format);

}  // namespace holdfast::checkers
