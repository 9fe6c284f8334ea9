#include "harness/promises/ruling.h"

#include "checkers/text.h"

namespace holdfast::harness {

std::string strike(const checkers::FaultRecord& fault, NodeId node) {
  const std::string when = " at " + checkers::seconds_text(fault.at_ns);
  if (fault.kind == "power_loss") return node_name(node) + " lost power before a sync" + when;
  if (fault.kind == "wipe") return node_name(node) + " was wiped" + when;
  if (fault.syncs_failed) return node_name(node) + "'s disk failed before a sync" + when;
  return node_name(node) + " lost its store (" + fault.kind + when + ")";
}

}  // namespace holdfast::harness
