// The writers: a history as a stream of events, in the order of the axis.
#include <algorithm>
#include <charconv>
#include <string>
#include <tuple>
#include <vector>

#include "checkers/formats/trace_file.h"

namespace holdfast::checkers {
namespace {

constexpr std::uint32_t kNone = 0xffffffff;

struct PrintedEvent {
  std::int64_t point;
  std::uint32_t rank;  // among those of one point
  bool completes;
  std::uint32_t op;
};

// Calls come first at equal points: a reader that goes by the order of lines must see ties as
// concurrent. Only a process' own operations stay in their order. Operations of unknown outcome
// have no completion but `info`: at the end, or before their process goes on.
std::vector<PrintedEvent> events_of(const Trace& trace) {
  struct Last {
    std::int64_t ret = kNever_ns;
    std::uint32_t rank = 0;         // of that return
    std::uint32_t unknown = kNone;  // its last operation, if of unknown outcome
  };
  std::vector<Last> last(trace.processes.size());
  std::vector<PrintedEvent> events;
  events.reserve(trace.ops.size() * 2);
  for (std::uint32_t i = 0; i < trace.ops.size(); ++i) {
    const Op& op = trace.ops[i];
    Last& before = last[op.process];
    std::uint32_t rank = before.ret == op.call ? before.rank + 1 : 0;
    if (before.unknown != kNone) events.push_back({op.call, rank++, true, before.unknown});
    events.push_back({op.call, rank, false, i});
    if (op.outcome == Outcome::info) {
      before = {op.call, rank, i};
      continue;
    }
    before = {op.ret, op.ret == op.call ? rank + 1 : 1, kNone};
    events.push_back({op.ret, before.rank, true, i});
  }
  std::stable_sort(events.begin(), events.end(), [](const PrintedEvent& a, const PrintedEvent& b) {
    return std::tie(a.point, a.rank) < std::tie(b.point, b.rank);
  });
  for (const Last& one : last) {
    if (one.unknown != kNone) events.push_back({kNever_ns, 0, true, one.unknown});
  }
  return events;
}

const char* type_of(const Op& op, bool completes) {
  if (!completes) return "invoke";
  switch (op.outcome) {
    case Outcome::ok:
      return "ok";
    case Outcome::fail:
      return "fail";
    case Outcome::info:
      break;
  }
  return "info";
}

// A string in quotes. What a file had in quotes still has its backslashes.
std::string in_quotes(std::string_view text) {
  std::string quoted = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      quoted += "\\n";
      continue;
    }
    const bool pair = c == '\\' && i + 1 < text.size() && text[i + 1] != '\n';
    if (c == '"' || (c == '\\' && !pair)) quoted += '\\';
    quoted += c;
    if (pair) quoted += text[++i];
  }
  return quoted + '"';
}

bool is_number(const std::string& name) {
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), number);
  return code == std::errc{} && end == name.data() + name.size();
}

class Printer {
 public:
  Printer(const Trace& trace, Format format) : trace_(trace), format_(format) {
    shows_pairs_ = !keyed() && std::ranges::any_of(trace_.ops, [&](const Op& op) {
      if (op.action == Action::cas) return op.output.is_list();
      return op.action != Action::txn && op.input.is_list() &&
             trace_.data.elements(op.input).size() == 2;
    });
  }

  std::string print() {
    std::int64_t last = 0;
    for (const PrintedEvent& event : events_of(trace_)) {
      if (event.point != kNever_ns) last = event.point;
      const Op& op = trace_.ops[event.op];
      switch (format_) {
        case Format::jsonl:
          json(op, event, last);
          break;
        case Format::jepsen_log:
          console(op, event);
          break;
        default:
          edn(op, event, last);
      }
      ++index_;
    }
    return std::move(out_);
  }

 private:
  bool keyed() const { return trace_.keys.size() > 1 || !trace_.keys[0].empty(); }
  // A number, or a word in quotes.
  std::string process(const Op& op) const {
    const std::string& name = trace_.processes[op.process];
    return is_number(name) ? name : in_quotes(name);
  }
  std::string key(const Op& op) const {
    const std::string& name = trace_.keys[op.key];
    const bool number =
        !name.empty() && name.size() < 18 && name.find_first_not_of("0123456789") == name.npos;
    if (number && format_ != Format::porcupine_kv) return name;
    return in_quotes(name);
  }

  // What the event's value shows: what is known of it then.
  std::string value(const Op& op, bool completes, bool json) const {
    const auto text = [&](Datum datum) {
      return json ? json_text(datum) : trace_.data.text(datum);
    };
    switch (op.action) {
      case Action::read:
      case Action::dequeue:
      case Action::drain:
      case Action::generate:
        if (!completes || op.outcome != Outcome::ok) return json ? "null" : "nil";
        if (is_tag(op.output)) return json ? "null" : "nil";
        return text(op.output);
      case Action::cas:
        return "[" + text(op.input) + (json ? "," : " ") + text(op.output) + "]";
      case Action::txn:
        return text(completes && op.outcome == Outcome::ok ? op.output : op.input);
      case Action::del:
        return json ? "null" : "nil";
      default:
        return text(op.input);
    }
  }
  bool is_tag(Datum datum) const {
    return datum.is_atom() && trace_.data.atom_text(datum).starts_with("deleted@");
  }
  std::string json_text(Datum datum) const {
    if (datum.is_nil()) return "null";
    if (datum.is_list()) {
      std::string out = "[";
      for (const Datum element : trace_.data.elements(datum)) {
        if (out.size() > 1) out += ',';
        out += json_text(element);
      }
      return out + "]";
    }
    std::string text = trace_.data.text(datum);
    if (datum.is_number() || text == "true" || text == "false") return text;
    return in_quotes(unquoted(text));
  }

  void json(const Op& op, const PrintedEvent& event, std::int64_t last) {
    out_ += "{\"index\":" + std::to_string(index_);
    const std::int64_t point = event.point == kNever_ns ? last : event.point;
    std::int64_t time = trace_.has_times() ? trace_.ns(point) : point;
    if (trace_.axis == Axis::event) time = clock_ = std::max(time, clock_ + 1);
    out_ += ",\"time\":" + std::to_string(time);
    out_ += ",\"process\":" + process(op) + ",\"type\":\"" + type_of(op, event.completes);
    out_ += "\",\"f\":\"" + std::string(name_of(op.action)) + '"';
    if (keyed()) out_ += ",\"key\":" + in_quotes(trace_.keys[op.key]);
    if (shows_pairs_) out_ += ",\"key\":null";
    out_ += ",\"value\":" + value(op, event.completes, true);
    if (op.node != kNoNode) out_ += ",\"node\":\"" + node_name(op.node) + '"';
    const Datum tag = op.action == Action::del ? op.input : op.output;
    if (is_tag(tag) && (op.action == Action::del || event.completes)) {
      out_ += ",\"id\":\"" + std::string(trace_.data.atom_text(tag).substr(8)) + '"';
    }
    if (event.completes && !trace_.versions.empty() && trace_.versions[event.op].is_set()) {
      out_ += ",\"version\":\"" + to_string(trace_.versions[event.op]) + '"';
    }
    out_ += "}\n";
  }

  void edn(const Op& op, const PrintedEvent& event, std::int64_t last) {
    const bool kv = format_ == Format::porcupine_kv;
    out_ += "{:process " + process(op) + ", :type :" + type_of(op, event.completes) + ", :f :";
    if (kv && op.action == Action::read) {
      out_ += "get";
    } else if (kv && op.action == Action::write) {
      out_ += "put";
    } else {
      out_ += name_of(op.action);
    }
    std::string text = value(op, event.completes, false);
    if (kv) {
      out_ += ", :key " + key(op);
      const bool quoted = text.starts_with('"') || text == "nil";
      out_ += ", :value " + (quoted ? text : '"' + text + '"');
    } else {
      if (shows_pairs_) out_ += ", :key nil";
      out_ += ", :value " + with_key(op, text);
      out_ += ", :index " + std::to_string(index_);
      if (trace_.has_times()) {
        out_ +=
            ", :time " + std::to_string(trace_.ns(event.point == kNever_ns ? last : event.point));
      }
    }
    out_ += "}\n";
  }

  // As jepsen.independent has it.
  std::string with_key(const Op& op, const std::string& value) const {
    return keyed() ? "[" + key(op) + " " + value + "]" : value;
  }

  void console(const Op& op, const PrintedEvent& event) {
    out_ += "INFO  jepsen.util - " + process(op) + "\t:" + type_of(op, event.completes) + "\t:";
    out_ += name_of(op.action);
    const bool timed_out = event.completes && op.outcome == Outcome::info;
    const bool failed_read =
        event.completes && op.outcome == Outcome::fail && op.action == Action::read;
    const bool unseen = (timed_out || failed_read) && !keyed() && op.action != Action::txn;
    out_ += '\t' + (unseen ? ":timed-out" : with_key(op, value(op, event.completes, false)));
    out_ += '\n';
  }

  const Trace& trace_;
  const Format format_;
  bool shows_pairs_;  // values that a reader would take for [key value], if it were not told
  std::string out_;
  std::uint64_t index_ = 0;
  std::int64_t clock_ = -1;  // where only the order of events is known: it keeps it
};

}  // namespace

Result<> can_print(const Trace& trace, Format format) {
  if (format == Format::jepsen_log && !std::ranges::all_of(trace.processes, is_number)) {
    return fail("Jepsen's log has processes by number; this history has other names for them");
  }
  if (format != Format::porcupine_kv) return {};
  for (const Op& op : trace.ops) {
    if (op.action == Action::read || op.action == Action::write || op.action == Action::append) {
      continue;
    }
    return fail("Porcupine's log has reads, writes and appends; this history has others: " +
                std::string(name_of(op.action)));
  }
  return {};
}

std::string print_trace(const Trace& trace, Format format) {
  return Printer(trace, format).print();
}

}  // namespace holdfast::checkers
