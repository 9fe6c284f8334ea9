#include "checkers/formats/shape.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>

#include "checkers/formats/transaction.h"

namespace holdfast::checkers {
namespace {

// Invoked without a value: nobody knows yet what it will see.
bool asks(Action action) {
  switch (action) {
    case Action::read:
    case Action::dequeue:
    case Action::drain:
    case Action::generate:
      return true;
    default:
      return false;
  }
}
bool has_output(Action action) { return asks(action) || action == Action::txn; }

class Keyed {
 public:
  explicit Keyed(Trace& trace) : trace_(trace) {}

  bool every_operation() const {
    bool any = false;
    bool certain = false;  // a read invoked with [key nil]
    bool of_atoms = true;
    for (const Op& op : trace_.ops) {
      if (op.input.is_nil()) {
        if (asks(op.action) || op.action == Action::write) return false;
        continue;
      }
      const std::optional<Datum> key = key_of(op);
      if (!key) return false;
      any = true;
      of_atoms &= !key->is_list();
      certain |= asks(op.action) && elements(op.input)[1].is_nil();
      if (op.outcome == Outcome::ok && has_output(op.action) && !op.output.is_nil() &&
          key_in(op.output) != key) {
        return false;
      }
    }
    return any && (certain || of_atoms);
  }

  void split() {
    for (const std::string& key : trace_.keys) names_.insert(key);
    for (Op& op : trace_.ops) {
      std::optional<Datum> key = key_of(op);
      if (key) {
        const std::span<const Datum> parts = elements(op.input);
        const std::array<Datum, 2> pair = {parts[1], parts.back()};
        op.input = parts.size() == 3 ? trace_.data.list(pair) : pair[0];
      }
      if (has_output(op.action) && op.output.is_list() && elements(op.output).size() == 2 &&
          (!key || key_in(op.output) == key)) {
        key = key_in(op.output);
        op.output = elements(op.output)[1];
      }
      if (key) op.key = id_of(*key);
    }
    drop_unused();
  }

 private:
  std::span<const Datum> elements(Datum list) const { return trace_.data.elements(list); }

  // What an operation's invocation has before its value.
  std::optional<Datum> key_of(const Op& op) const {
    if (!op.input.is_list()) return std::nullopt;
    const std::span<const Datum> parts = elements(op.input);
    if (op.action == Action::cas && parts.size() == 3) return parts[0];
    if (parts.size() != 2) return std::nullopt;
    const bool inner_pair = parts[1].is_list() && elements(parts[1]).size() == 2;
    if (op.action == Action::cas && !inner_pair) return std::nullopt;
    if (op.action == Action::txn && (parts[0].is_list() || !parts[1].is_list())) {
      return std::nullopt;
    }
    return parts[0];
  }
  std::optional<Datum> key_in(Datum value) const {
    if (!value.is_list() || elements(value).size() != 2) return std::nullopt;
    return elements(value)[0];
  }

  // 1 and "1" are two keys.
  std::uint32_t id_of(Datum key) {
    const auto known = ids_.find(key.bits());
    if (known != ids_.end()) return known->second;
    const std::string text = trace_.data.text(key);
    std::string name(unquoted(text));
    if (!names_.insert(name).second) names_.insert(name = text);
    trace_.keys.push_back(name);
    return ids_[key.bits()] = static_cast<std::uint32_t>(trace_.keys.size() - 1);
  }

  // The key of values without one, if all have one now.
  void drop_unused() {
    const bool used =
        std::any_of(trace_.ops.begin(), trace_.ops.end(), [](const Op& op) { return op.key == 0; });
    if (used || trace_.keys.size() < 2) return;
    trace_.keys.erase(trace_.keys.begin());
    for (Op& op : trace_.ops) --op.key;
  }

  Trace& trace_;
  std::unordered_map<std::uint64_t, std::uint32_t> ids_;
  std::set<std::string> names_;
};

Error error_at_op(const Trace& trace, const Op& op, const std::string& what) {
  return fail("operation " + std::to_string(&op - trace.ops.data()) + " (" + describe(trace, op) +
              "): " + what);
}

Result<> split_cas(Trace& trace) {
  for (Op& op : trace.ops) {
    if (op.action != Action::cas) continue;
    const std::span<const Datum> pair =
        op.input.is_list() ? trace.data.elements(op.input) : std::span<const Datum>();
    if (pair.size() != 2)
      return error_at_op(trace, op, "expected a cas' value to be [expected new]");
    op.output = pair[1];
    op.input = pair[0];
  }
  return {};
}

// Transactions on lists touch one key each: it is the operation's.
class Lists {
 public:
  explicit Lists(Trace& trace) : trace_(trace) {}

  Result<> shape() {
    bool appends = false;
    for (const Op& op : trace_.ops) {
      if (op.action != Action::txn) continue;
      const Result<> good = check_transaction(trace_.data, op.output);
      if (!good) return error_at_op(trace_, op, good.error().message);
      for (const Datum list : {op.input, op.output})
        appends |= has(list, MicroOperation::F::append);
    }
    if (!appends) return {};
    const bool outer = trace_.keys.size() > 1 || !trace_.keys[0].empty();
    if (outer) return fail("transactions on lists name their keys: expected no others");
    trace_.keys.clear();
    for (Op& op : trace_.ops) {
      const Result<> named = name_key(op);
      if (!named) return named;
    }
    return {};
  }

 private:
  bool has(Datum list, MicroOperation::F f) const {
    if (!list.is_list()) return false;
    const std::span<const Datum> parts = trace_.data.elements(list);
    return std::any_of(parts.begin(), parts.end(), [&](Datum part) {
      const auto micro = micro_operation(trace_.data, part);
      return micro && micro->f == f;
    });
  }

  Result<> name_key(Op& op) {
    std::optional<Datum> key;
    for (const Datum list : {op.input, op.output}) {
      if (op.action != Action::txn || !list.is_list()) continue;
      if (has(list, MicroOperation::F::write)) {
        return error_at_op(trace_, op, "expected lists or registers: this history has both");
      }
      for (const Datum part : trace_.data.elements(list)) {
        const auto micro = micro_operation(trace_.data, part);
        if (!micro) continue;
        if (key && *key != micro->key) {
          return error_at_op(trace_, op,
                             "expected one key a transaction: transactions on lists of several "
                             "keys are not judged");
        }
        key = micro->key;
      }
    }
    const std::string name = key ? trace_.data.text(*key) : "";
    const auto [at, is_new] =
        ids_.try_emplace(name, static_cast<std::uint32_t>(trace_.keys.size()));
    if (is_new) trace_.keys.push_back(name);
    op.key = at->second;
    return {};
  }

  Trace& trace_;
  std::unordered_map<std::string, std::uint32_t> ids_;
};

}  // namespace

Result<> shape(Trace& trace, KeyRule keys) {
  const bool told = trace.keys.size() > 1 || !trace.keys[0].empty();
  Keyed keyed(trace);
  if (!told &&
      (keys == KeyRule::pairs || (keys == KeyRule::automatic && keyed.every_operation()))) {
    keyed.split();
  }
  const Result<> split = split_cas(trace);
  if (!split) return split;
  return Lists(trace).shape();
}

}  // namespace holdfast::checkers
