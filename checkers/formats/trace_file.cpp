#include "checkers/formats/trace_file.h"

#include <algorithm>
#include <filesystem>
#include <unordered_set>
#include <utility>

#include "checkers/formats/jepsen_history.h"
#include "checkers/formats/operation_parser.h"
#include "checkers/formats/record_source.h"

namespace holdfast::checkers {
namespace {

// An event that waits for its place in the order.
struct Waiting {
  TraceEvent event;
  std::uint64_t line;
  std::uint64_t column;
};

class TraceReader {
 public:
  // `sort`: keep all events until the end, and put them in order; else events that are not in order
  // end the reading (out_of_order).
  TraceReader(std::unique_ptr<ByteSource> bytes, std::string name, const ReadOptions& options,
              bool sort)
      : records_(std::move(bytes), name), name_(std::move(name)), options_(options), sort_(sort) {}

  Result<TraceFile> read() {
    const Result<std::string_view> head = records_.head();
    if (!head) return head.error();
    if (head->empty()) return fail(name_ + ": the file is empty: expected a history");
    const auto layout = detect_layout(*head, options_.names, options_.format);
    if (!layout) {
      return error_at(name_, 1, 1, "expected a history: JSON lines, EDN or Jepsen's log");
    }
    layout_ = *layout;
    file_.format = layout_.format;
    const Result<> read = read_all();
    if (!read) return read.error();
    file_.bytes = records_.bytes();
    if (out_of_order_) return std::move(file_);
    if (file_.trace.ops.empty() && !stopped_) return nothing_found();
    const bool decided = options_.keys != KeyRule::automatic;
    const Result<> shaped = shape(file_.trace, decided ? options_.keys : keys_);
    if (!shaped) return fail(name_ + ": " + shaped.error().message);
    untag_deletes(file_.trace);
    return std::move(file_);
  }
  bool out_of_order() const { return out_of_order_; }

 private:
  Result<> read_all() {
    if (layout_.format == Format::jepsen_store) return read_store();
    return layout_.format == Format::operations ? read_operations() : read_events();
  }

  // Not by records: its index may be anywhere.
  Result<> read_store() {
    const Result<std::string_view> bytes = records_.rest();
    if (!bytes) return bytes.error();
    TraceBuilder builder(Axis::event);
    builder.data().take_text_numbers(options_.text_numbers);
    EventIntake intake(builder, options_.versions);
    const Result<JepsenHistory> history = read_jepsen_store(*bytes, options_.stop, builder, intake);
    if (!history) return fail(name_ + ": " + history.error().message);
    file_.warnings = history->warnings;
    file_.complete = history->complete;
    stopped_ = history->stopped;
    file_.trace = builder.finish();
    file_.trace.nil_is_value = intake.nil_is_value();
    keys_ = history->has_pairs ? KeyRule::pairs : KeyRule::none;
    return {};
  }

  // Calls take(record) with each, until the end or until it has nothing more to do.
  template <class Take>
  Result<> each_record(const Take& take) {
    while (!out_of_order_) {
      const Result<std::optional<Record>> record = records_.next(layout_.cut);
      if (!record) return record.error();
      if (!*record) return {};
      if (options_.stop != nullptr && options_.stop->load(std::memory_order_relaxed)) {
        file_.warnings.push_back("stopped before the end of the file");
        stopped_ = true;
        return {};
      }
      if ((*record)->text.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      const Result<> taken = take(**record);
      if (taken) continue;
      if ((*record)->complete) return taken;
      file_.warnings.push_back("the last event is cut off: " + taken.error().message);
      file_.complete = false;
    }
    return {};
  }

  Result<> read_operations() {
    OperationParser parser(layout_.notation, options_.names);
    parser.data().take_text_numbers(options_.text_numbers);
    const Result<> read = each_record([&](const Record& record) -> Result<> {
      const Result<> added = parser.add(record.text);
      return added ? Result<>() : error_in(record, 0, added.error().message);
    });
    if (!read) return read;
    Result<Trace> trace = parser.finish();
    if (!trace) return fail(name_ + ": " + trace.error().message);
    file_.trace = std::move(*trace);
    keys_ = KeyRule::none;
    return {};
  }

  Result<> read_events() {
    const bool by_time = options_.order == Order::time;
    TraceBuilder builder(by_time ? Axis::time_ns : Axis::event);
    builder.data().take_text_numbers(options_.text_numbers);
    EventIntake intake(builder, options_.versions);
    EventParser parser(intake, options_.names);
    std::vector<Waiting> waiting;
    const Result<> read = each_record([&](const Record& record) -> Result<> {
      TraceEvent event;
      const Result<Parsed> parsed = parse(record, parser, event);
      if (!parsed) return error_in(record, parser.place(), parsed.error().message);
      if (*parsed != Parsed::event) return {};
      if (sort_) {
        waiting.push_back({event, record.line, record.column});
        return {};
      }
      if (note_order(event, record.line)) return {};
      const Result<> added = builder.add(event);
      // It may fit once all are in the order of their indexes.
      out_of_order_ = !added && event.index >= 0 && options_.order == Order::automatic;
      return added || out_of_order_ ? Result<>() : error_in(record, 0, added.error().message);
    });
    if (!read || out_of_order_) return read;
    if (sort_) {
      const Result<> added = add_in_order(waiting, builder);
      if (!added) return added;
    }
    warn_of_times();
    file_.trace = builder.finish();
    file_.trace.nil_is_value = intake.nil_is_value();
    if (intake.has_keys()) keys_ = KeyRule::none;
    return {};
  }

  Result<Parsed> parse(const Record& record, EventParser& parser, TraceEvent& event) const {
    if (layout_.format == Format::jepsen_log || layout_.format == Format::jepsen_table) {
      return parser.parse_line(record.text, event);
    }
    if (layout_.cut == RecordSource::Cut::vectors) {
      return parser.parse_vector(record.text, layout_.notation, event);
    }
    return parser.parse_map(record.text, layout_.notation, event);
  }

  // True if the events must be sorted first.
  bool note_order(const TraceEvent& event, std::uint64_t line) {
    if (event.index >= 0 && options_.order == Order::automatic) {
      out_of_order_ = event.index < last_index_;
      last_index_ = event.index;
    }
    if (event.time_ns >= 0) {
      if (event.time_ns < last_time_ns_ && times_back_++ == 0) first_back_ = line;
      last_time_ns_ = event.time_ns;
    }
    return out_of_order_;
  }

  Result<> add_in_order(std::vector<Waiting>& waiting, TraceBuilder& builder) {
    const auto by = [&](std::int64_t TraceEvent::*field) {
      std::stable_sort(waiting.begin(), waiting.end(), [&](const Waiting& a, const Waiting& b) {
        return a.event.*field < b.event.*field;
      });
    };
    if (options_.order == Order::time) {
      by(&TraceEvent::time_ns);
    } else if (options_.order == Order::automatic && has_places(waiting)) {
      by(&TraceEvent::index);
    }
    const ReadOptions& options = options_;
    for (const Waiting& one : waiting) {
      if (options.order != Order::time) note_order_of_times(one);
      const Result<> added = builder.add(one.event);
      if (!added) return error_at(name_, one.line, one.column, added.error().message);
    }
    return {};
  }
  void note_order_of_times(const Waiting& one) {
    TraceEvent timed = one.event;
    timed.index = -1;
    note_order(timed, one.line);
  }

  // Whether every event has an index of its own. Those of operations say nothing of their order.
  static bool has_places(const std::vector<Waiting>& waiting) {
    std::unordered_set<std::int64_t> seen;
    return std::all_of(waiting.begin(), waiting.end(), [&](const Waiting& one) {
      return one.event.index >= 0 && seen.insert(one.event.index).second;
    });
  }

  void warn_of_times() {
    if (times_back_ == 0) return;
    file_.warnings.push_back(
        "the time goes back " + std::to_string(times_back_) + " times, first in line " +
        std::to_string(first_back_) +
        ": the order of the events is that of the file or of their index (--order time: of times)");
  }

  Error nothing_found() const {
    if (layout_.format == Format::jepsen_store) {
      return fail(name_ + ": no operation found: expected a history with invocations of clients");
    }
    const std::uint64_t lines = std::max<std::uint64_t>(1, records_.line() - 1);
    return fail(name_ + ": no operation found in " + std::to_string(lines) +
                (lines == 1 ? " line" : " lines") +
                "; expected invocations and completions of clients, such as {:process 0, :type "
                ":invoke, :f :write, :value 1} or, in a log, \"0 :invoke :write 1\"");
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
  const ReadOptions& options_;
  const bool sort_;
  Layout layout_;
  TraceFile file_;
  KeyRule keys_ = KeyRule::automatic;  // as far as the file tells
  bool stopped_ = false;
  bool out_of_order_ = false;
  std::int64_t last_index_ = -1;
  std::int64_t last_time_ns_ = -1;
  std::uint64_t times_back_ = 0;
  std::uint64_t first_back_ = 0;
};

// `open` gives the bytes from their beginning, each time; once is enough if `sort`.
template <class Open>
Result<TraceFile> read_with(const Open& open, const std::string& name, const ReadOptions& options,
                            bool once) {
  const bool sort = once || options.order == Order::time;
  for (const bool sorting : {sort, true}) {
    Result<std::unique_ptr<ByteSource>> source = open();
    if (!source) return source.error();
    TraceReader reader(std::move(*source), name, options, sorting);
    Result<TraceFile> file = reader.read();
    if (!file || !reader.out_of_order() || sorting) return file;
  }
  return fail(name + ": cannot be put in order");
}

}  // namespace

Result<TraceFile> read_trace(const std::string& path, const ReadOptions& options) {
  std::error_code ignored;
  return read_with([&] { return open_source(path); }, name_of_source(path), options,
                   !std::filesystem::is_regular_file(path, ignored));
}

Result<TraceFile> parse_trace(std::string_view text, std::string_view name,
                              const ReadOptions& options) {
  return read_with([&] { return Result<std::unique_ptr<ByteSource>>(source_of(text)); },
                   std::string(name), options, false);
}

}  // namespace holdfast::checkers
