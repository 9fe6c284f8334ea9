#include "checkers/trace/trace.h"

#include <algorithm>
#include <array>

namespace holdfast::checkers {
namespace {

constexpr std::array<std::string_view, kActions> kNames = {
    "read",    "write",   "delete", "cas",     "append",  "add",      "remove",
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
  out += " [" + std::to_string(op.call) + ", ";
  out += op.ret == kNever_ns ? "unknown]" : std::to_string(op.ret) + "]";
  return out;
}

Grouped<std::uint32_t> ops_by_key(const Trace& trace) {
  return {std::max<std::size_t>(1, trace.keys.size()), static_cast<std::uint32_t>(trace.ops.size()),
          1, [&](std::uint32_t i) { return trace.ops[i].key; }, [](std::uint32_t i) { return i; }};
}

}  // namespace holdfast::checkers
