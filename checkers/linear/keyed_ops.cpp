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
    case Action::del:
      return kNilDatum;
    default:
      return op.output;
  }
}

}  // namespace

KeyedOps::KeyedOps(const Trace& trace, const Model& model) {
  const std::size_t keys = trace.keys.empty() ? 1 : trace.keys.size();
  first_.assign(keys + 1, 0);
  for (const Op& op : trace.ops) first_[op.key + 1] += matters(op, model);
  for (std::size_t k = 0; k < keys; ++k) first_[k + 1] += first_[k];
  items_.resize(first_[keys]);
  std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
  for (std::uint32_t i = 0; i < trace.ops.size(); ++i) {
    const Op& op = trace.ops[i];
    if (!matters(op, model)) continue;
    const bool ok = op.outcome == Outcome::ok;
    items_[next[op.key]++] = {op.call, ok ? op.ret : kNever_ns, value_of(op), i, op.action, ok};
  }
}

}  // namespace holdfast::checkers
