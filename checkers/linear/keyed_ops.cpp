#include "checkers/linear/keyed_ops.h"

namespace holdfast::checkers {
namespace {

bool matters(const Op& op, const Model& model) {
  if (op.outcome == Outcome::fail) return false;
  const bool read = op.action == Action::read;
  if (read && op.outcome == Outcome::info) return false;
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

KeyedOps::KeyedOps(const Trace& trace, const Model& model) {
  const std::size_t keys = trace.keys.empty() ? 1 : trace.keys.size();
  first_.assign(keys + 1, 0);
  const auto n = static_cast<std::uint32_t>(trace.ops.size());
  memory_ = std::make_unique_for_overwrite<std::byte[]>(n * sizeof(Item));
  if (keys == 1) {
    std::uint32_t used = 0;
    for (std::uint32_t i = 0; i < n; ++i) {
      if (matters(trace.ops[i], model)) {
        std::construct_at(items() + used++, item_of(trace.ops[i], i));
      }
    }
    first_[1] = used;
    return;
  }
  for (const Op& op : trace.ops) first_[op.key + 1] += matters(op, model);
  for (std::size_t k = 0; k < keys; ++k) first_[k + 1] += first_[k];
  std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
  for (std::uint32_t i = 0; i < n; ++i) {
    const Op& op = trace.ops[i];
    if (matters(op, model)) std::construct_at(items() + next[op.key]++, item_of(op, i));
  }
}

}  // namespace holdfast::checkers
