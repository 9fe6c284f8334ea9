// Writes Jepsen's binary store from EDN, for tests: what Jepsen's own writer would make of it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace holdfast::checkers {

struct StoreShape {
  bool pairs = false;               // values of two elements are [key value] of jepsen.independent
  std::size_t chunk = 16'384;       // events in one chunk of the history
  std::size_t unsealed = 0;         // events behind the last chunk, of a run that was killed
  bool operations_as_maps = false;  // one list of maps, as release 0.2.7 has it
};

// `history`: EDN maps with the fields of operations, one behind another. REQUIRES: it can be read.
std::string jepsen_store(std::string_view history, const StoreShape& shape = {});

}  // namespace holdfast::checkers
