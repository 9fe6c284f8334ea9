#include "harness/promises/ruling.h"

#include "checkers/text.h"

namespace holdfast::harness {

std::string damage(const checkers::FaultRecord& fault, NodeId node) {
  switch (fault.effects.loss) {
    case checkers::FaultEffects::Loss::unsynced:
      return node_name(node) + " lost power before a sync";
    case checkers::FaultEffects::Loss::failed_syncs:
      return node_name(node) + "'s disk failed before a sync";
    case checkers::FaultEffects::Loss::everything:
      return node_name(node) + "'s disk was wiped";
    default:
      return node_name(node) + "'s store was damaged (" + fault.name + ")";
  }
}

std::string strike(const checkers::FaultRecord& fault, NodeId node) {
  return damage(fault, node) + " at " + checkers::seconds_text(fault.at_ns);
}

}  // namespace holdfast::harness
