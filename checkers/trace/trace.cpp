#include "checkers/trace/trace.h"

#include <algorithm>
#include <array>

namespace holdfast::checkers {
namespace {

constexpr std::array<std::string_view, kActions> kNames = {
    "read",    "write",   "delete", "cas",     "append",  "add",      "broadcast", "remove",
    "enqueue", "dequeue", "drain",  "acquire", "release", "generate", "txn"};

}  // namespace

std::string_view name_of(Action action) { return kNames[static_cast<std::size_t>(action)]; }

std::optional<Action> parse_action(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Action>(i);
  }
  if (name == "get") return Action::read;
  if (name == "put") return Action::write;
  return std::nullopt;
}

std::string length_text(std::int64_t length_ns) {
  const bool before = length_ns < 0;
  const std::uint64_t ns =
      before ? -static_cast<std::uint64_t>(length_ns) : static_cast<std::uint64_t>(length_ns);
  const auto text = [&](std::uint64_t unit_ns, const char* unit, std::size_t digits) {
    std::string out = std::to_string(ns / unit_ns);
    std::string rest = std::to_string(ns % unit_ns + unit_ns).substr(1, digits);
    while (!rest.empty() && rest.back() == '0') rest.pop_back();
    return (before ? "-" : "") + out + (rest.empty() ? "" : '.' + rest) + unit;
  };
  if (ns < 1'000) return text(1, " ns", 0);
  if (ns < 1'000'000) return text(1'000, " µs", 3);
  if (ns < 1'000'000'000) return text(1'000'000, " ms", 6);
  return text(1'000'000'000, " s", 6);
}

std::string point_text(const Trace& trace, std::int64_t point) {
  const bool timed = trace.axis == Axis::time_ns ||
                     (point >= 0 && static_cast<std::size_t>(point) < trace.event_ns.size());
  if (!timed || trace.ticks) return std::to_string(point);
  // Clocks that count from 1970 tell nobody more than the first call's distance does.
  constexpr std::int64_t kYear_ns = 31'536'000'000'000'000;
  const std::int64_t first = trace.ops.empty() ? 0 : trace.ns(trace.ops[0].call);
  return length_text(trace.ns(point) - (first > kYear_ns ? first : 0));
}

std::string describe(const Trace& trace, const Op& op) {
  std::string out(name_of(op.action));
  const auto put = [&](Datum value) {
    std::string text = trace.data.text(value);
    if (text.size() > 80) text = text.substr(0, 77) + "...";
    out += ' ' + text;
  };
  switch (op.action) {
    case Action::read:
    case Action::dequeue:
    case Action::drain:
    case Action::generate:
      if (op.outcome == Outcome::ok) put(op.output);
      break;
    case Action::cas:
      put(op.input);
      out += " ->";
      put(op.output);
      break;
    case Action::txn:
      put(op.outcome == Outcome::ok ? op.output : op.input);
      break;
    case Action::del:
    case Action::acquire:
    case Action::release:
      break;
    default:
      put(op.input);
  }
  if (op.key < trace.keys.size() && !trace.keys[op.key].empty()) {
    out += " of key " + trace.keys[op.key];
  }
  out += " by process " + (op.process < trace.processes.size() ? trace.processes[op.process]
                                                               : std::to_string(op.process));
  out += " [" + point_text(trace, op.call) + ", ";
  out += op.ret == kNever_ns ? "unknown]" : point_text(trace, op.ret) + "]";
  return out;
}

Grouped<std::uint32_t> ops_by_key(const Trace& trace) {
  return {std::max<std::size_t>(1, trace.keys.size()), static_cast<std::uint32_t>(trace.ops.size()),
          1, [&](std::uint32_t i) { return trace.ops[i].key; }, [](std::uint32_t i) { return i; }};
}

}  // namespace holdfast::checkers
