// The operations of a trace that can decide about linearizability, compact and grouped by key.
#pragma once

#include <cstdint>

#include "checkers/linear/model.h"
#include "checkers/trace/grouped.h"
#include "checkers/trace/trace.h"

namespace holdfast::checkers {

// 32 bytes: the checkers walk millions of them.
struct Item {
  std::int64_t call;
  std::int64_t ret;  // kNever_ns: unknown outcome
  Datum value;       // read, written, or a cas' new one
  std::uint32_t op;  // position in trace.ops
  Action action;
  bool ok;
};

// Left out: definite failures (they did not happen), and operations of unknown outcome that change
// nothing.
Grouped<Item> keyed_ops(const Trace& trace, const Model& model, unsigned threads = 1);

}  // namespace holdfast::checkers
