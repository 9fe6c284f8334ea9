// Linearizability of a grow-only set that is read as a whole, in time linear in the input.
//
// Reads must form a chain by inclusion, G1 ⊂ G2 ⊂ … The order of blocks is then forced: the adds of
// G1, the reads of G1, the adds of G2 \ G1, the reads of G2, …, and last the acknowledged adds that
// no read ever saw. The history is linearizable iff no operation of a later block returns before an
// earlier block's operation begins: a cycle needs a real-time edge from a later to an earlier
// block.
#pragma once

#include <cstdint>
#include <span>

#include "checkers/linear/keyed_ops.h"
#include "checkers/linear/violation.h"

namespace holdfast::checkers {

enum class BlockVerdict : std::uint8_t { valid, invalid, not_applicable };

struct BlockResult {
  BlockVerdict verdict = BlockVerdict::valid;
  Violation violation;  // if invalid
};

// not_applicable: an element is removed, or added more than once.
BlockResult check_set_blocks(const Trace& trace, std::span<const Item> items);

}  // namespace holdfast::checkers
