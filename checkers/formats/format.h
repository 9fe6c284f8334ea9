// The known formats of histories, and how a file's first bytes tell which it has.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "checkers/formats/datum_parser.h"
#include "checkers/formats/event_parser.h"
#include "checkers/formats/record_source.h"

namespace holdfast::checkers {

enum class Format : std::uint8_t {
  automatic,
  jsonl,         // Holdfast's history.jsonl, or any list of such events
  edn,           // Jepsen's history.edn: a vector, a list, or one map after another
  jepsen_log,    // Jepsen's console log, or its JSON log
  jepsen_table,  // Jepsen's history.txt
  jepsen_store,  // Jepsen's binary test.jepsen, or test.fressian
  porcupine_kv,  // Porcupine's key-value log: maps with :key
  operations     // one operation a record, with its call and its return
};

struct FormatEntry {
  std::string_view name;
  Format format;
  std::string_view help;
};
std::span<const FormatEntry> all_formats();
std::optional<Format> parse_format(std::string_view name);
std::string_view name_of(Format format);

// How a file is written.
struct Layout {
  Format format = Format::automatic;
  Notation notation = Notation::edn;
  RecordSource::Cut cut = RecordSource::Cut::maps;
};
// By the first bytes. `wanted`: somebody has chosen; else nothing if they look like none.
std::optional<Layout> detect_layout(std::string_view head, const FieldNames& names = {},
                                    Format wanted = Format::automatic);
std::optional<Format> detect_format(std::string_view head);

// The format to write a file of this name in: history.jsonl, .edn, .log (Jepsen's), .txt
// (Porcupine's), with .gz or .zst behind it or not.
std::optional<Format> format_of_name(std::string_view path);

}  // namespace holdfast::checkers
