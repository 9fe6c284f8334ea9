#include "node/core/bugs.h"

namespace holdfast::node {

const std::vector<BugEntry>& all_bugs() {
  static const std::vector<BugEntry> bugs = {
#define BUG(name, origin, checker, text) {#name, origin, checker, text},
#include "node/core/bugs.def"
#undef BUG
  };
  return bugs;
}

}  // namespace holdfast::node
