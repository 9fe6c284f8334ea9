#include "checkers/formats/operation_parser.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>
#include <string>

#include "checkers/formats/operation_time.h"

namespace holdfast::checkers {
namespace {

using Names = std::initializer_list<std::string_view>;

bool is(std::string_view name, Names names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}
bool is_call(std::string_view name) {
  return is(name, {"call", "calltime", "callns", "start", "starttime", "startns", "begin", "invoke",
                   "invoked", "invoketime", "invokedns", "invocation"});
}
bool is_return(std::string_view name) {
  return is(name, {"return", "returntime", "returnns", "returned", "ret", "end", "endtime", "endns",
                   "finish", "finished", "complete", "completed", "completetime", "completedns",
                   "response", "responsetime"});
}
bool is_process(std::string_view name) {
  return is(name, {"process", "client", "clientid", "thread", "worker", "proc", "pid"});
}
bool is_f(std::string_view name) {
  return is(name, {"f", "op", "operation", "function", "method", "kind", "action", "command"});
}

std::string plain(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '_' || c == '-') continue;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

bool is_outcome(std::string_view word) {
  return is(word, {"ok", "fail", "info", "success", "succeeded", "failed", "failure", "error",
                   "timeout", "timedout", "unknown"});
}

}  // namespace

bool is_operation_map(std::string_view text, Notation notation, const FieldNames& names) {
  Data ignored;
  DatumParser in(text, notation, ignored);
  bool call = false;
  bool returns = false;
  in.take('{', "");
  for (bool first = true; !in.try_take('}'); first = false) {
    std::string_view name;
    if (!first && notation == Notation::json && !in.take(',', "")) break;
    if (!in.key(name)) break;
    std::string ours(name);
    for (const auto& [our_name, theirs] : names) {
      if (name == theirs) ours = our_name;
    }
    call |= is_call(plain(ours));
    returns |= is_return(plain(ours));
    if (!in.skip_value()) break;
  }
  return call && returns;
}

std::vector<OperationParser::Field> OperationParser::fields_of(std::string_view text) const {
  std::vector<Field> fields;
  Data ignored;
  DatumParser in(text, notation_, ignored);
  if (!in.take('{', "")) return fields;
  for (bool first = true; !in.try_take('}'); first = false) {
    std::string_view name;
    if (!first && notation_ == Notation::json && !in.take(',', "")) break;
    if (!in.key(name)) break;
    in.skip_space();
    const std::size_t begin = in.place();
    if (!in.skip_value()) break;
    std::string ours = plain(name);
    for (const auto& [our_name, theirs] : names_) {
      if (name == theirs) ours = plain(our_name);
    }
    fields.push_back({std::move(ours), text.substr(begin, in.place() - begin)});
  }
  return fields;
}

Datum OperationParser::value_of(std::string_view raw) {
  Datum value;
  DatumParser(raw, notation_, trace_.data).value(value);
  const bool empty = value.is_atom() && trace_.data.atom_text(value) == "\"\"";
  return empty && empty_is_nil_ ? kNilDatum : value;
}

// A word, a number or a string, as text without quotes.
std::string OperationParser::text_of(std::string_view raw) const {
  std::string_view text = unquoted(raw);
  if (text.starts_with(':') && notation_ == Notation::edn) text.remove_prefix(1);
  return text == "nil" || text == "null" ? "" : std::string(text);
}

Result<OperationParser::Time> OperationParser::time_of(std::string_view raw) const {
  const std::string text = text_of(raw);
  if (text.empty()) return Time{};
  const std::optional<PointInTime> point = parse_point_in_time(text);
  if (!point) {
    return fail(
        "expected a time, such as 1700000000000000000, 12.5 or 2026-01-02T03:04:05.678Z, "
        "not " +
        text.substr(0, 40));
  }
  const bool never = point->number < 0 || point->number == std::numeric_limits<std::int64_t>::max();
  return Time{point->number, point->in_ns, !never};
}

Result<> OperationParser::read_field(const Field& field, Parts& parts) {
  const std::string_view name = field.name;
  if (is_call(name) || is_return(name)) {
    const Result<Time> time = time_of(field.raw);
    if (!time) return time.error();
    (is_call(name) ? parts.call : parts.ret) = *time;
    return {};
  }
  if (is_process(name)) {
    parts.process = text_of(field.raw);
  } else if (name == "input" || name == "output") {
    return name == "input" ? read_input(field.raw, parts) : read_output(field.raw, parts);
  } else if (is_f(name)) {
    parts.f = text_of(field.raw);
  } else if (is(name, {"type", "status", "outcome", "result", "state"})) {
    const std::string word = plain(text_of(field.raw));
    if (is_outcome(word)) {
      parts.outcome = word;
    } else if (name == "type" && parts.f.empty()) {
      parts.f = text_of(field.raw);
    } else if (name == "result") {
      parts.output = value_of(field.raw);
      parts.has_output = true;
    }
  } else if (name == "key") {
    parts.key = text_of(field.raw);
    parts.has_key = true;
  } else if (is(name, {"value", "val", "arg", "argument"})) {
    parts.value = value_of(field.raw);
  } else if (is(name, {"expected", "old", "from", "arg1", "expect", "oldvalue"})) {
    parts.expected = value_of(field.raw);
    parts.has_expected = true;
  } else if (is(name, {"new", "to", "arg2", "newvalue"})) {
    parts.value = value_of(field.raw);
  } else if (is(name, {"ok", "success"})) {
    parts.unknown |= field.raw == "false";
  } else if (is(name, {"unknown", "timeout", "timedout"})) {
    parts.unknown |= field.raw == "true";
  } else if (is(name, {"error", "err", "clienterror"})) {
    const std::string word = plain(text_of(field.raw));
    parts.unknown |= !word.empty() && word != "ok" && word != "errnokey";
  }
  return {};
}

Result<> OperationParser::read_input(std::string_view raw, Parts& parts) {
  if (!raw.starts_with('{')) {
    parts.value = value_of(raw);
    return {};
  }
  empty_is_nil_ = true;
  const std::vector<Field> fields = fields_of(raw);
  const bool etcd = std::any_of(fields.begin(), fields.end(), [&](const Field& field) {
    return is(field.name, {"txn", "range", "leasegrant", "defragment"});
  });
  if (etcd) return read_etcd_request(fields, parts);
  const bool pair = std::any_of(fields.begin(), fields.end(),
                                [](const Field& field) { return field.name == "arg2"; });
  for (const Field& field : fields) {
    if (is_call(field.name) || is_return(field.name) || is_process(field.name)) continue;
    const Result<> read = read_field(field, parts);
    if (!read) return read;
  }
  // Porcupine's models number what there is: a store's get, put, append; a register's read, write,
  // compare-and-set; or put and get.
  if (parts.f == "0" || parts.f == "true") parts.f = "read";
  if (parts.f == "1" || parts.f == "false") parts.f = "write";
  if (parts.f == "2") parts.f = pair ? "cas" : "append";
  if (pair && parts.f == "write") parts.value = parts.expected;
  return {};
}

Result<> OperationParser::read_output(std::string_view raw, Parts& parts) {
  if (!raw.starts_with('{')) {
    parts.output = value_of(raw);
    parts.has_output = true;
    // Nothing was answered: then nobody knows what was read.
    parts.unknown |= raw == "null" && parse_action(plain(parts.f)) == Action::read;
    return {};
  }
  empty_is_nil_ = true;
  for (const Field& field : fields_of(raw)) {
    if (is(field.name, {"value", "val", "result"})) {
      parts.output = value_of(field.raw);
      parts.has_output = true;
    } else if (is(field.name, {"txn", "range"}) && field.raw.starts_with('{')) {
      const Result<> read = read_etcd_response(field.raw, parts);
      if (!read) return read;
    } else if (field.name == "exists" && field.raw == "false") {
      parts.output = kNilDatum;
      parts.has_output = true;
    } else if (field.name == "ok" && field.raw == "false" && parts.f == "cas") {
      parts.outcome = "fail";
    } else if (field.name != "ok") {
      const Result<> read = read_field(field, parts);
      if (!read) return read;
    }
  }
  return {};
}

Result<Op> OperationParser::operation_of(const Parts& parts) {
  const std::string f = plain(parts.f);
  std::optional<Action> action = parse_action(f);
  if (f == "set" || f == "store") action = Action::write;
  if (f == "load") action = Action::read;
  if (f == "del" || f == "remove") action = parts.has_key ? Action::del : action;
  if (f == "compareandset" || f == "compareandswap") action = Action::cas;
  if (!action) {
    return fail("expected a known operation, such as read, write, cas, append; not \"" +
                parts.f.substr(0, 40) + "\"");
  }
  Op op;
  op.action = *action;
  op.key = key_id(parts.key);
  const std::string& outcome = parts.outcome;
  const bool failed = is(outcome, {"fail", "failed"});
  const bool ok = outcome.empty() || is(outcome, {"ok", "success", "succeeded"});
  if (failed && parts.ret.known) {
    op.outcome = Outcome::fail;
  } else {
    op.outcome = ok && !parts.unknown && parts.ret.known ? Outcome::ok : Outcome::info;
  }
  switch (op.action) {
    case Action::read:
    case Action::dequeue:
    case Action::drain:
    case Action::generate:
      op.output = parts.has_output ? parts.output : parts.value;
      break;
    case Action::cas: {
      const Datum pair[] = {parts.expected, parts.value};
      op.input = parts.has_expected ? trace_.data.list(pair) : parts.value;
      if (!op.input.is_list()) return fail("expected a cas' value to be [expected new]");
      break;
    }
    case Action::txn:
      op.input = parts.value;
      op.output = parts.has_output ? parts.output : parts.value;
      break;
    default:
      op.input = parts.value;
  }
  return op;
}

Result<> OperationParser::add(std::string_view text) {
  const std::vector<Field> fields = fields_of(text);
  Parts parts;
  // What is asked tells how to read what was answered.
  for (const bool outputs : {false, true}) {
    for (const Field& field : fields) {
      if ((field.name == "output") != outputs) continue;
      const Result<> read = read_field(field, parts);
      if (!read) return read;
    }
  }
  if (!parts.call.known) return fail("expected the time of its call");
  const Result<Op> op = operation_of(parts);
  if (!op) return op.error();
  ops_.push_back({*op, parts.call, parts.ret, parts.process});
  return {};
}

std::uint32_t OperationParser::key_id(const std::string& name) {
  const auto [at, is_new] =
      key_ids_.try_emplace(name, static_cast<std::uint32_t>(trace_.keys.size()));
  if (is_new) trace_.keys.push_back(name);
  return at->second;
}

// A process has one operation at a time: those that overlap get names of their own.
void OperationParser::name_processes(std::vector<Timed>& ops) {
  std::unordered_map<std::string, std::vector<std::pair<std::uint32_t, std::int64_t>>> lanes;
  std::set<std::string> taken;
  for (Timed& timed : ops) {
    auto& of_process = lanes[timed.process];
    auto lane = std::find_if(of_process.begin(), of_process.end(),
                             [&](const auto& one) { return one.second <= timed.op.call; });
    if (lane == of_process.end()) {
      std::string name = timed.process;
      if (!of_process.empty() || name.empty()) {
        name += (name.empty() ? "" : "/") + std::to_string(of_process.size());
      }
      while (!taken.insert(name).second) name += "/";
      lane = of_process.insert(of_process.end(),
                               {static_cast<std::uint32_t>(trace_.processes.size()), 0});
      trace_.processes.push_back(std::move(name));
    }
    timed.op.process = lane->first;
    lane->second = timed.op.outcome == Outcome::info ? timed.op.call : timed.op.ret;
  }
}

Result<Trace> OperationParser::finish() {
  const bool fractions = std::any_of(ops_.begin(), ops_.end(), [](const Timed& timed) {
    return timed.call.in_ns || (timed.ret.known && timed.ret.in_ns);
  });
  const auto point = [&](const Time& time) {
    return fractions && !time.in_ns ? time.number * 1'000'000'000 : time.number;
  };
  std::uint32_t record = 0;
  for (Timed& timed : ops_) {
    if (fractions && std::max(timed.call.in_ns ? 0 : timed.call.number,
                              timed.ret.in_ns || !timed.ret.known ? 0 : timed.ret.number) >
                         std::numeric_limits<std::int64_t>::max() / 1'000'000'000) {
      return fail("expected times of one kind: some are fractions of seconds");
    }
    timed.op.event = record++;
    timed.op.call = point(timed.call);
    timed.op.ret = timed.op.outcome == Outcome::info ? kNever_ns : point(timed.ret);
    if (timed.op.ret < timed.op.call) {
      return fail("operation " + std::to_string(record) + ": it returns before its call");
    }
  }
  std::stable_sort(ops_.begin(), ops_.end(),
                   [](const Timed& a, const Timed& b) { return a.op.call < b.op.call; });
  name_processes(ops_);
  trace_.axis = Axis::time_ns;
  // A whole number that is no time since 1970 in nanoseconds may count anything.
  trace_.ticks = !fractions && !ops_.empty() && ops_.back().op.call < 1'000'000'000'000'000'000;
  for (const Timed& timed : ops_) trace_.ops.push_back(timed.op);
  if (trace_.keys.empty()) trace_.keys.emplace_back();
  trace_.phases.emplace_back();
  return std::move(trace_);
}

}  // namespace holdfast::checkers
