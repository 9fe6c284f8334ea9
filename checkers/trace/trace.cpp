#include "checkers/trace/trace.h"

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

OpsByKey::OpsByKey(const Trace& trace) {
  const std::size_t keys = trace.keys.empty() ? 1 : trace.keys.size();
  first_.assign(keys + 1, 0);
  for (const Op& op : trace.ops) ++first_[op.key + 1];
  for (std::size_t k = 0; k < keys; ++k) first_[k + 1] += first_[k];
  order_.resize(trace.ops.size());
  std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
  for (std::uint32_t i = 0; i < trace.ops.size(); ++i) order_[next[trace.ops[i].key]++] = i;
}

}  // namespace holdfast::checkers
