#include "checkers/formats/format.h"

#include <algorithm>
#include <array>
#include <string>

#include "checkers/formats/jepsen_history.h"
#include "checkers/formats/operation_parser.h"

namespace holdfast::checkers {
namespace {

constexpr std::array<FormatEntry, 7> kFormats = {{
    {"jsonl", Format::jsonl, "Holdfast's history.jsonl: JSON objects, an event each"},
    {"edn", Format::edn, "Jepsen's history.edn: maps, or vectors [process type f value]"},
    {"jepsen-log", Format::jepsen_log, "Jepsen's console log, jepsen.log, or JSON logging"},
    {"jepsen-table", Format::jepsen_table, "Jepsen's history.txt"},
    {"jepsen-store", Format::jepsen_store,
     "Jepsen's binary test.jepsen, and test.fressian of its first releases"},
    {"porcupine-kv", Format::porcupine_kv, "Porcupine's key-value log: EDN maps with :key"},
    {"operations", Format::operations,
     "JSON or EDN maps, an operation each, with call and return (Porcupine, etcd)"},
}};

constexpr std::string_view kBlank = " \t\r\n,";

// Behind white space, comments, and the brackets of collections.
std::string_view first_record(std::string_view rest, bool& in_collection) {
  while (!rest.empty()) {
    const char c = rest.front();
    if (c == ';') {
      rest.remove_prefix(std::min(rest.size(), rest.find('\n')));
      continue;
    }
    if (c == '[' || c == '(') {
      in_collection = true;
    } else if (kBlank.find(c) == kBlank.npos) {
      return rest;
    }
    rest.remove_prefix(1);
  }
  return rest;
}

// A map that begins with a string and a colon.
bool is_json_map(std::string_view map) {
  const std::size_t at = map.find_first_not_of(kBlank, 1);
  if (at == map.npos || map[at] != '"') return false;
  const std::size_t close = map.find('"', at + 1);
  const std::size_t next = close == map.npos ? close : map.find_first_not_of(" \t\r\n", close + 1);
  return next != map.npos && map[next] == ':';
}

bool has_message(std::string_view map) {
  Data ignored;
  DatumParser in(map, Notation::json, ignored);
  bool message = false;
  in.take('{', "");
  for (bool first = true; first || in.try_take(','); first = false) {
    std::string_view name;
    if (!in.key(name)) return false;
    if (name == "process" || name == "type") return false;
    message |= name == "message";
    if (!in.skip_value()) break;
  }
  return message;
}

Layout layout_of_map(std::string_view map, bool in_collection, const FieldNames& names) {
  if (!is_json_map(map)) {
    const bool operations = is_operation_map(map, Notation::edn, names);
    return {operations ? Format::operations : Format::edn, Notation::edn, RecordSource::Cut::maps};
  }
  if (!in_collection && has_message(map)) {
    return {Format::jepsen_log, Notation::json, RecordSource::Cut::lines};
  }
  const bool operations = is_operation_map(map, Notation::json, names);
  // An object a line is cut faster; a line that does not end one is written by somebody else.
  const std::string_view line = map.substr(0, map.find('\n'));
  const std::size_t last = line.find_last_not_of(" \t\r");
  const bool lines = !in_collection && last != line.npos && line[last] == '}';
  return {operations ? Format::operations : Format::jsonl, Notation::json,
          lines ? RecordSource::Cut::lines : RecordSource::Cut::maps};
}

// [process type f value], or ["process", "type", …].
std::optional<Layout> layout_of_vector(std::string_view head, std::string_view elements) {
  for (const Notation notation : {Notation::edn, Notation::json}) {
    Data ignored;
    DatumParser in(elements, notation, ignored);
    std::string_view type;
    in.skip_space();
    if (!in.skip_value() || (notation == Notation::json && !in.take(',', "")) || !in.word(type)) {
      continue;
    }
    constexpr std::array<std::string_view, 4> kTypes = {"invoke", "ok", "fail", "info"};
    if (std::find(kTypes.begin(), kTypes.end(), type) == kTypes.end()) continue;
    if (notation == Notation::edn && head.find(":invoke") == head.npos) continue;
    const Format format = notation == Notation::edn ? Format::edn : Format::jsonl;
    return Layout{format, notation, RecordSource::Cut::vectors};
  }
  return std::nullopt;
}

std::optional<Layout> layout_of_lines(std::string_view head) {
  bool jepsen = false;
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find('\n'));
    head.remove_prefix(std::min(head.size(), line.size() + 1));
    bool at_beginning = false;
    if (is_operation_line(line, at_beginning)) {
      return Layout{at_beginning ? Format::jepsen_table : Format::jepsen_log, Notation::edn,
                    RecordSource::Cut::lines};
    }
    jepsen |= line.find("jepsen.") != line.npos;
  }
  if (!jepsen) return std::nullopt;
  return Layout{Format::jepsen_log, Notation::edn, RecordSource::Cut::lines};
}

}  // namespace

std::span<const FormatEntry> all_formats() { return kFormats; }

std::optional<Format> parse_format(std::string_view name) {
  for (const FormatEntry& entry : kFormats) {
    if (entry.name == name) return entry.format;
  }
  return std::nullopt;
}

std::string_view name_of(Format format) {
  for (const FormatEntry& entry : kFormats) {
    if (entry.format == format) return entry.name;
  }
  return "automatic";
}

std::optional<Format> format_of_name(std::string_view path) {
  for (const std::string_view packed : {".gz", ".zst"}) {
    if (path.ends_with(packed)) path.remove_suffix(packed.size());
  }
  if (path.ends_with(".jsonl")) return Format::jsonl;
  if (path.ends_with(".edn")) return Format::edn;
  if (path.ends_with(".log")) return Format::jepsen_log;
  if (path.ends_with(".txt")) return Format::porcupine_kv;
  return std::nullopt;
}

std::optional<Layout> detect_layout(std::string_view head, const FieldNames& names, Format wanted) {
  bool in_collection = false;
  const std::string_view record = first_record(head, in_collection);
  std::optional<Layout> layout;
  if (is_jepsen_store(head)) {
    layout = Layout{Format::jepsen_store, Notation::edn, RecordSource::Cut::maps};
  } else if (record.empty()) {
    if (in_collection) layout = Layout{Format::edn, Notation::edn, RecordSource::Cut::maps};
  } else if (record.front() == '#') {  // a tagged map
    layout = Layout{Format::edn, Notation::edn, RecordSource::Cut::maps};
  } else if (record.front() == '{') {
    layout = layout_of_map(record, in_collection, names);
  } else if (in_collection) {
    layout = layout_of_vector(head, record);
    if (!layout) layout = Layout{Format::edn, Notation::edn, RecordSource::Cut::maps};
  } else {
    layout = layout_of_lines(head);
  }
  if (wanted == Format::automatic || (layout && layout->format == wanted)) return layout;
  const bool json = layout && layout->notation == Notation::json;
  switch (wanted) {
    case Format::jsonl:
      return Layout{wanted, Notation::json,
                    in_collection ? RecordSource::Cut::maps : RecordSource::Cut::lines};
    case Format::jepsen_log:
    case Format::jepsen_table:
      return Layout{wanted, Notation::edn, RecordSource::Cut::lines};
    case Format::operations:
      return Layout{wanted, json ? Notation::json : Notation::edn,
                    json ? layout->cut : RecordSource::Cut::maps};
    default:
      return Layout{wanted, Notation::edn, RecordSource::Cut::maps};
  }
}

std::optional<Format> detect_format(std::string_view head) {
  const std::optional<Layout> layout = detect_layout(head);
  return layout ? std::optional(layout->format) : std::nullopt;
}

}  // namespace holdfast::checkers
