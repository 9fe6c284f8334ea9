// The writers: a history as a stream of events, in the order of the axis.
#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <tuple>
#include <vector>

#include "checkers/formats/trace_file.h"
#include "checkers/formats/transaction.h"

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
    keyed_ = trace.keys.size() > 1 || !trace.keys[0].empty();
    bool asks = false;
    for (const Op& op : trace.ops) {
      lists_ |= op.action == Action::txn && appends(op);
      asks |= op.action == Action::read || op.action == Action::dequeue ||
              op.action == Action::drain || op.action == Action::generate;
      shows_pairs_ |= op.action == Action::cas ? op.output.is_list() : is_pair(op);
    }
    if (lists_) keyed_ = false;  // the transactions name it
    shows_pairs_ &= !keyed_ && !asks;
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
          out_ += "INFO  jepsen.util - ";
          [[fallthrough]];
        case Format::jepsen_table:
          line(op, event);
          break;
        default:
          edn(op, event, last);
      }
      ++index_;
    }
    return std::move(out_);
  }

 private:
  bool appends(const Op& op) const {
    if (!op.input.is_list()) return false;
    const auto parts = trace_.data.elements(op.input);
    return std::any_of(parts.begin(), parts.end(), [&](Datum part) {
      const auto micro = micro_operation(trace_.data, part);
      return micro && micro->f == MicroOperation::F::append;
    });
  }
  bool is_pair(const Op& op) const {
    return op.action != Action::txn && op.input.is_list() &&
           trace_.data.elements(op.input).size() == 2;
  }
  // Whether events name their keys in a field of its own: then a nil that was read is a value.
  bool names_keys() const { return trace_.nil_is_value || shows_pairs_; }
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
    if (trace_.has_times()) {
      const std::int64_t point = event.point == kNever_ns ? last : event.point;
      out_ += ",\"time\":" + std::to_string(trace_.ns(point));
    }
    out_ += ",\"process\":" + process(op) + ",\"type\":\"" + type_of(op, event.completes);
    out_ += "\",\"f\":\"" + std::string(name_of(op.action)) + '"';
    const std::string text = value(op, event.completes, true);
    if (names_keys()) {
      out_ += ",\"key\":" + (keyed_ ? in_quotes(trace_.keys[op.key]) : "null");
      out_ += ",\"value\":" + text;
    } else {
      out_ += ",\"value\":" + (keyed_ ? "[" + key(op) + "," + text + "]" : text);
    }
    if (op.node != kNoNode) out_ += ",\"node\":\"" + node_name(op.node) + '"';
    if (op.is_final) out_ += ",\"final?\":true";
    const std::string id = id_of(op, event.completes);
    if (!id.empty()) out_ += ",\"id\":\"" + id + '"';
    if (shows_version(event)) {
      out_ += ",\"version\":\"" + to_string(trace_.versions[event.op]) + '"';
    }
    out_ += "}\n";
  }

  // Of the delete, or of the one that a read of nothing saw.
  std::string id_of(const Op& op, bool completes) const {
    const Datum tag = op.action == Action::del ? op.input : op.output;
    if (!is_tag(tag) || (op.action != Action::del && !completes)) return "";
    return std::string(trace_.data.atom_text(tag).substr(8));
  }
  bool shows_version(const PrintedEvent& event) const {
    return event.completes && !trace_.versions.empty() && trace_.versions[event.op].is_set();
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
    const std::string text = value(op, event.completes, false);
    if (kv) {
      const bool quoted = text.starts_with('"') || text == "nil";
      out_ += ", :key " + key(op) + ", :value " + (quoted ? text : '"' + text + '"') + "}\n";
      return;
    }
    if (names_keys()) out_ += ", :key " + (keyed_ ? in_quotes(trace_.keys[op.key]) : "nil");
    out_ += ", :value " + (names_keys() ? text : with_key(op, text));
    out_ += ", :index " + std::to_string(index_);
    if (trace_.has_times()) {
      out_ += ", :time " + std::to_string(trace_.ns(event.point == kNever_ns ? last : event.point));
    }
    if (op.node != kNoNode) out_ += ", :node \"" + node_name(op.node) + '"';
    if (op.is_final) out_ += ", :final? true";
    const std::string id = id_of(op, event.completes);
    if (!id.empty()) out_ += ", :id \"" + id + '"';
    if (shows_version(event)) {
      out_ += ", :version \"" + to_string(trace_.versions[event.op]) + '"';
    }
    out_ += "}\n";
  }

  // As jepsen.independent has it.
  std::string with_key(const Op& op, const std::string& value) const {
    return keyed_ ? "[" + key(op) + " " + value + "]" : value;
  }

  void line(const Op& op, const PrintedEvent& event) {
    out_ += process(op) + "\t:" + type_of(op, event.completes) + "\t:";
    out_ += name_of(op.action);
    const bool timed_out = event.completes && op.outcome == Outcome::info;
    const bool failed_read =
        event.completes && op.outcome == Outcome::fail && op.action == Action::read;
    const bool unseen = (timed_out || failed_read) && !keyed_ && op.action != Action::txn;
    out_ += '\t' + (unseen ? ":timed-out" : with_key(op, value(op, event.completes, false)));
    out_ += '\n';
  }

  const Trace& trace_;
  const Format format_;
  bool keyed_ = false;
  bool lists_ = false;
  bool shows_pairs_ = false;  // a reader would take its values for [key value], if it were not told
  std::string out_;
  std::uint64_t index_ = 0;
};

}  // namespace

Result<> can_print(const Trace& trace, Format format) {
  if (format == Format::operations) return fail("histories of whole operations are only read");
  if (format == Format::jepsen_log || format == Format::jepsen_table) {
    if (!std::ranges::all_of(trace.processes, is_number)) {
      return fail("Jepsen's log has processes by number; this history has other names for them");
    }
    if (trace.has_final_reads) return fail("Jepsen's log does not say which reads are final");
    const bool nothing_found = std::ranges::any_of(trace.ops, [](const Op& op) {
      return op.action == Action::read && op.outcome == Outcome::ok && op.output.is_nil();
    });
    if (trace.nil_is_value && nothing_found) {
      return fail("in Jepsen's log a read of nil saw nothing; in this history it found nothing");
    }
  }
  if (format != Format::porcupine_kv) return {};
  for (const Op& op : trace.ops) {
    const bool compound = std::ranges::any_of(std::array{op.input, op.output}, [&](Datum value) {
      return value.is_list() || (value.is_atom() && trace.data.atom_text(value).starts_with('{'));
    });
    if (compound)
      return fail("Porcupine's log has texts for values; this history has lists or maps");
    const bool read = op.action == Action::read && op.outcome == Outcome::ok;
    if (read && op.output.is_nil() && !trace.nil_is_value) {
      return fail("in Porcupine's log a read of nil found nothing; in this history it saw nothing");
    }
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
