#include "checkers/linear/keyed_ops.h"

#include <algorithm>

namespace holdfast::checkers {
namespace {

bool matters(const Op& op, const Model& model) {
  if (op.outcome == Outcome::fail) return false;
  const bool read = op.action == Action::read;
  if (read && op.outcome == Outcome::info) return false;
  // Of a list, nil is the empty one.
  if (model.kind == ModelKind::list_append) return true;
  return !(read && model.nil_read_matches_any && op.output.is_nil());
}

Datum value_of(const Op& op) {
  switch (op.action) {
    case Action::write:
    case Action::add:
    case Action::append:
    case Action::remove:
    case Action::enqueue:
      return op.input;
    case Action::del:  // nil, or a tombstone that can be told from the others
      return op.input;
    default:
      return op.output;
  }
}

Item item_of(const Op& op, std::uint32_t at) {
  const bool ok = op.outcome == Outcome::ok;
  return {op.call, ok ? op.ret : kNever_ns, value_of(op), at, op.action, ok};
}

}  // namespace

Grouped<Item> keyed_ops(const Trace& trace, const Model& model, unsigned threads) {
  return {
      std::max<std::size_t>(1, trace.keys.size()), static_cast<std::uint32_t>(trace.ops.size()),
      threads,
      [&](std::uint32_t i) { return matters(trace.ops[i], model) ? trace.ops[i].key : kLeftOut; },
      [&](std::uint32_t i) { return item_of(trace.ops[i], i); }};
}

}  // namespace holdfast::checkers
