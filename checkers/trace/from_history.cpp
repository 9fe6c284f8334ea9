#include "checkers/trace/from_history.h"

#include <algorithm>
#include <string>

namespace holdfast::checkers {
namespace {

// Each delete has a value of its own, known by its id: a read of nothing tells whose it saw.
Datum value_of(const Operation& operation, Data& data) {
  const bool tells = operation.value == kNil && operation.id.is_set();
  if (tells) return data.atom("deleted@" + to_string(operation.id));
  if (operation.value == kNil) return kNilDatum;
  if (operation.value == kForeignValue) return data.atom("foreign");
  return data.number(operation.value);
}

}  // namespace

Trace trace_of(const History& history) {
  Trace trace;
  trace.axis = Axis::time_ns;
  for (std::size_t k = 0; k < history.keys.size(); ++k) {
    trace.keys.emplace_back(history.keys.name(static_cast<KeyId>(k)));
  }
  if (trace.keys.empty()) trace.keys.emplace_back();
  for (const Phase& phase : history.phases) trace.phases.push_back(phase.name);
  if (trace.phases.empty()) trace.phases.emplace_back();
  trace.ops.reserve(history.operations.size());
  trace.versions.reserve(history.operations.size());
  std::uint32_t processes = 0;
  for (const Operation& operation : history.operations) {
    Op op;
    op.call = operation.invoked_ns;
    op.outcome = operation.outcome;
    op.ret = operation.outcome == Outcome::info ? kNever_ns : operation.completed_ns;
    op.process = operation.process;
    op.key = operation.key;
    op.event = static_cast<std::uint32_t>(trace.ops.size());
    op.phase = operation.phase;
    op.node = operation.node;
    op.action = operation.function == Function::read    ? Action::read
                : operation.function == Function::write ? Action::write
                                                        : Action::del;
    (op.action == Action::read ? op.output : op.input) = value_of(operation, trace.data);
    processes = std::max(processes, operation.process + 1);
    trace.ops.push_back(op);
    trace.versions.push_back(operation.version);
  }
  for (std::uint32_t p = 0; p < processes; ++p) trace.processes.push_back(std::to_string(p));
  return trace;
}

}  // namespace holdfast::checkers
