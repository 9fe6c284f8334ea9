#include "checkers/formats/trace_file.h"

#include <algorithm>
#include <utility>

#include "checkers/formats/event_parser.h"
#include "checkers/formats/record_source.h"

namespace holdfast::checkers {
namespace {

constexpr std::array<FormatEntry, 4> kFormats = {{
    {"jsonl", Format::jsonl, "Holdfast's history.jsonl: one JSON object an event"},
    {"edn", Format::edn, "Jepsen's history.edn: a collection of maps, or one after another"},
    {"jepsen-log", Format::jepsen_log, "Jepsen's console log"},
    {"porcupine-kv", Format::porcupine_kv, "Porcupine's key-value log: EDN maps with :key"},
}};

class TraceReader {
 public:
  TraceReader(std::unique_ptr<ByteSource> bytes, std::string name, const ReadOptions& options)
      : records_(std::move(bytes), name), name_(std::move(name)), options_(options) {}

  Result<TraceFile> read() {
    const Result<std::string_view> head = records_.head();
    if (!head) return head.error();
    file_.format = options_.format;
    if (file_.format == Format::automatic) {
      const std::optional<Format> detected = detect_format(*head);
      if (head->empty()) return fail(name_ + ": the file is empty: expected a history");
      if (!detected) {
        return error_at(name_, 1, 1, "expected a history: JSON lines, EDN or Jepsen's log");
      }
      file_.format = *detected;
    }
    // EDN histories are ordered by their lines, whatever their clocks say.
    const bool json = file_.format == Format::jsonl;
    TraceBuilder builder(json ? Axis::time_ns : Axis::event);
    EventParser parser(builder, options_.versions);
    const bool array = json && first_char(*head) == '[';
    const auto cut = (json && !array) || file_.format == Format::jepsen_log
                         ? RecordSource::Cut::lines
                         : RecordSource::Cut::maps;
    while (true) {
      const Result<std::optional<Record>> record = records_.next(cut);
      if (!record) return record.error();
      if (!*record) break;
      if (options_.stop != nullptr && options_.stop->load(std::memory_order_relaxed)) {
        file_.warnings.push_back("stopped before the end of the file");
        break;
      }
      Result<> added = add(**record, builder, parser);
      if (added) continue;
      if ((*record)->complete) return added.error();
      file_.warnings.push_back("the last event is cut off: " + added.error().message);
    }
    file_.bytes = records_.bytes();
    file_.trace = builder.finish();
    untag_deletes(file_.trace);
    return std::move(file_);
  }

 private:
  static char first_char(std::string_view head) {
    const std::size_t at = head.find_first_not_of(" \t\r\n");
    return at == head.npos ? '\0' : head[at];
  }

  Result<> add(const Record& record, TraceBuilder& builder, EventParser& parser) {
    if (record.text.find_first_not_of(" \t\r") == record.text.npos) return {};
    TraceEvent event;
    const Notation notation = file_.format == Format::jsonl ? Notation::json : Notation::edn;
    const Result<Parsed> parsed = file_.format == Format::jepsen_log
                                      ? parser.parse_console_line(record.text, event)
                                      : parser.parse_map(record.text, notation, event);
    if (!parsed) return error_in(record, parser.place(), parsed.error().message);
    if (*parsed == Parsed::phase) builder.phase(parser.phase());
    if (*parsed != Parsed::event) return {};
    const Result<> added = builder.add(event);
    if (!added) return error_in(record, 0, added.error().message);
    return {};
  }

  Error error_in(const Record& record, std::size_t place, const std::string& what) const {
    std::uint64_t line = record.line;
    std::uint64_t column = record.column;
    for (const char c : record.text.substr(0, place)) {
      ++column;
      if (c != '\n') continue;
      ++line;
      column = 1;
    }
    return error_at(name_, line, column, what);
  }

  // A delete without an id could be any: then none can be told from the others.
  static void untag_deletes(Trace& trace) {
    const auto tagged = [&](Datum value) {
      return value.is_atom() && trace.data.atom_text(value).starts_with("deleted@");
    };
    const bool all = std::all_of(trace.ops.begin(), trace.ops.end(), [&](const Op& op) {
      return op.action != Action::del || op.outcome == Outcome::fail || tagged(op.input);
    });
    if (all) return;
    for (Op& op : trace.ops) {
      if (tagged(op.input)) op.input = kNilDatum;
      if (tagged(op.output)) op.output = kNilDatum;
    }
  }

  RecordSource records_;
  const std::string name_;
  const ReadOptions options_;
  TraceFile file_;
};

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

std::optional<Format> detect_format(std::string_view head) {
  std::string_view rest = head;
  bool collection = false;
  while (!rest.empty()) {
    const char c = rest.front();
    if (c == ';') {
      rest.remove_prefix(std::min(rest.size(), rest.find('\n')));
      continue;
    }
    if (c == '[' || c == '(') {
      collection = true;
    } else if (c != ' ' && c != '\t' && c != '\r' && c != '\n' && c != ',') {
      break;
    }
    rest.remove_prefix(1);
  }
  if (rest.empty()) return collection ? std::optional(Format::edn) : std::nullopt;
  if (rest.front() == '#') return Format::edn;  // a tagged map
  if (rest.front() == '{') {
    const std::size_t at = rest.find_first_not_of(" \t\r\n,", 1);
    if (at != rest.npos && rest[at] == '"') {
      const std::size_t close = rest.find('"', at + 1);
      const std::size_t next =
          close == rest.npos ? close : rest.find_first_not_of(" \t", close + 1);
      return next != rest.npos && rest[next] == ':' ? Format::jsonl : Format::edn;
    }
    return Format::edn;
  }
  if (collection) return Format::edn;
  if (head.find("jepsen.") != head.npos) return Format::jepsen_log;
  return std::nullopt;
}

Result<TraceFile> read_trace(const std::string& path, const ReadOptions& options) {
  Result<std::unique_ptr<ByteSource>> source = open_source(path);
  if (!source) return source.error();
  return TraceReader(std::move(*source), name_of_source(path), options).read();
}

Result<TraceFile> parse_trace(std::string_view text, std::string_view name,
                              const ReadOptions& options) {
  return TraceReader(source_of(text), std::string(name), options).read();
}

}  // namespace holdfast::checkers
