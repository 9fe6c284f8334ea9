// Linearizability of a register whose written values are unique, in near-linear time.
//
// Gibbons and Korach, "Testing Shared Memories" (1997). A value's cluster is its write and all
// reads of it. With f the first return and s the last call in a cluster, the register certainly
// holds the value throughout [f, s] if f < s (a forward zone); else the cluster can be placed at
// any one point of [s, f] (a backward zone). The history is linearizable iff every value read was
// written, and not later; no two forward zones overlap; no backward zone lies inside a forward
// zone.
//
// A successful compare-and-set from a to b makes b's cluster follow a's at once: such clusters are
// chained into blocks, each checked inside by one pass, and the zones are those of the blocks. A
// write of unknown outcome never returns: f is its first reader's return. There is no exponential
// case. A compare-and-set of unknown outcome that nobody observed is left out.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "checkers/linear/keyed_ops.h"
#include "checkers/linear/violation.h"

namespace holdfast::checkers {

enum class ZoneVerdict : std::uint8_t { valid, invalid, not_unique };

struct ZoneResult {
  ZoneVerdict verdict = ZoneVerdict::valid;
  Violation violation;  // if invalid
};

// `items` are one key's, of a register model. not_unique: a value is written twice, or is the
// initial one: another algorithm must decide. `back_ns` moves each read's call so far into the
// past: the history is Δ-atomic iff it is valid with back_ns = Δ.
ZoneResult check_zones(const Trace& trace, std::span<const Item> items, const Model& model,
                       std::int64_t back_ns = 0);

}  // namespace holdfast::checkers
