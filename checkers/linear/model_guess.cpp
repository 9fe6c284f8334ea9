// Which model a trace's operations suggest, and whether it fits what they wrote and read.
#include <algorithm>
#include <array>
#include <string>

#include "checkers/linear/list_steps.h"
#include "checkers/linear/model.h"

namespace holdfast::checkers {
namespace {

bool appends(const Trace& trace, const Op& op) {
  const std::vector<ListStep> steps = list_steps(trace, op, false);
  return !steps.empty();
}

// Lists and maps are compounds: who writes numbers does not read them.
enum class Kind : std::uint8_t { nil, plain, list, map };
Kind kind_of(const Trace& trace, Datum value) {
  if (value.is_nil()) return Kind::nil;
  if (value.is_list()) return Kind::list;
  return value.is_atom() && trace.data.atom_text(value).starts_with('{') ? Kind::map : Kind::plain;
}

std::string register_misfit(const Trace& trace, Datum initial) {
  std::array<bool, 4> written{};
  std::array<bool, 4> read{};
  written[static_cast<std::size_t>(kind_of(trace, initial))] = true;
  bool writes = !initial.is_nil();  // or nobody needs to
  for (const Op& op : trace.ops) {
    const bool is_read = op.action == Action::read;
    writes |= !is_read;
    if (!is_read) {
      const Datum value = op.action == Action::cas ? op.output : op.input;
      written[static_cast<std::size_t>(kind_of(trace, value))] = true;
    } else if (op.outcome == Outcome::ok) {
      read[static_cast<std::size_t>(kind_of(trace, op.output))] = true;
    }
  }
  if (!writes) return "nothing is written, so that nothing says what a read should return";
  if (read[static_cast<std::size_t>(Kind::list)] && !written[static_cast<std::size_t>(Kind::list)])
    return "lists are read, and no operation writes one";
  if (read[static_cast<std::size_t>(Kind::map)] && !written[static_cast<std::size_t>(Kind::map)])
    return "maps are read, and no operation writes one";
  return "";
}

std::string counter_misfit(const Trace& trace) {
  for (const Op& op : trace.ops) {
    if (op.action == Action::add && !op.input.is_number()) return "what is added is no number";
    const bool seen = op.action == Action::read && op.outcome == Outcome::ok;
    if (seen && !op.output.is_number() && !op.output.is_nil()) return "what is read is no number";
  }
  return "";
}

std::string whole_read_misfit(const Trace& trace) {
  for (const Op& op : trace.ops) {
    const bool seen = op.action == Action::read && op.outcome == Outcome::ok;
    if (seen && !op.output.is_list() && !op.output.is_nil()) {
      return "not all reads return a list of elements";
    }
  }
  return "";
}

}  // namespace

std::string misfit(const Trace& trace, const Model& model) {
  switch (model.kind) {
    case ModelKind::reg:
      return register_misfit(trace, model.initial);
    case ModelKind::counter:
      return counter_misfit(trace);
    case ModelKind::set:
    case ModelKind::list_append:
      return whole_read_misfit(trace);
    default:
      return "";
  }
}

std::optional<ModelKind> guess_model(const Trace& trace) {
  std::array<bool, kActions> seen{};
  bool whole_reads = false;
  bool on_lists = false;
  for (const Op& op : trace.ops) {
    seen[static_cast<std::size_t>(op.action)] = true;
    whole_reads |= op.action == Action::read && op.output.is_list();
    on_lists = on_lists || (op.action == Action::txn && appends(trace, op));
  }
  const auto has = [&](Action action) { return seen[static_cast<std::size_t>(action)]; };
  const auto fits = [&](ModelKind kind) {
    for (int i = 0; i < kActions; ++i) {
      if (seen[i] && !knows(kind, static_cast<Action>(i))) return false;
    }
    return true;
  };
  if (trace.ops.empty()) return std::nullopt;
  if (fits(ModelKind::list_append) && (on_lists || (whole_reads && has(Action::append)))) {
    return ModelKind::list_append;
  }
  if (fits(ModelKind::reg)) return ModelKind::reg;
  if (fits(ModelKind::append) && !whole_reads) return ModelKind::append;
  if (fits(ModelKind::set) && whole_reads) return ModelKind::set;
  for (const ModelKind kind : {ModelKind::counter, ModelKind::set, ModelKind::fifo_queue,
                               ModelKind::mutex, ModelKind::multi_register}) {
    if (fits(kind)) return kind;
  }
  return std::nullopt;
}

}  // namespace holdfast::checkers
