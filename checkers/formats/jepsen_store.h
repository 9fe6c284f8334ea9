// Finds the history in Jepsen's test.jepsen: a header, and blocks with checksums that an index at
// some place names. What the index does not name is dead: earlier versions of a block.
//
//   header   "JEPSEN", version (4 bytes), offset of the index (8)
//   block    length with this header (8), CRC-32 of data and header (4), type (2), nothing (14),
//   data index    id of the root block (4), then id (4) and offset (8) of each block
//
// All numbers have their highest byte first. The root is the test, a map in Fressian; its :history
// names the block of the history.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "node/base/result.h"

namespace holdfast::checkers {

inline constexpr std::string_view kJepsenMagic = "JEPSEN";

struct StoredHistory {
  std::vector<std::string_view> parts;  // Fressian; each begins anew
  bool is_list = false;                 // one part, which is a list of events; else events
  std::uint64_t events = 0;             // in all parts; not known of a list
  // Of a run that was killed: what was written behind the last checkpoint, Fressian without length
  // and checksum, torn off at its end.
  std::string_view unsealed;
};

// An error says at which byte what was expected. Only blocks that lead to the history are looked
// at, and all of these must be whole.
Result<StoredHistory> find_history(std::string_view store);

}  // namespace holdfast::checkers
