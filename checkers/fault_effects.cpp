#include "checkers/fault_effects.h"

namespace holdfast::checkers {

std::string describe(const FaultEffects& effects) {
  std::string text;
  const auto add = [&text](std::string_view clause) {
    if (!text.empty()) text += "; ";
    text += clause;
  };
  if (effects.stop == FaultEffects::Stop::dies) add("stops the process");
  if (effects.stop == FaultEffects::Stop::ends) add("stops the process, in good order");
  if (effects.stop == FaultEffects::Stop::freezes) add("freezes the process");
  switch (effects.loss) {
    case FaultEffects::Loss::nothing:
      break;
    case FaultEffects::Loss::unsynced:
      add("destroys what was not synced");
      break;
    case FaultEffects::Loss::failed_syncs:
      add("destroys what was not synced by its end");
      break;
    case FaultEffects::Loss::everything:
      add("destroys the store");
      break;
    case FaultEffects::Loss::latent:
      add("may destroy the store, whenever the damage is read");
      break;
  }
  if (effects.cuts()) add("cuts links");
  if (effects.degrades()) add("degrades links");
  if (effects.slows) add("slows the node");
  if (effects.refuses) add("makes the node fail requests");
  if (effects.moves_clock) add("moves the wall clock");
  if (effects.drops_hints) add("drops hints");
  if (effects.pauses_delivering) add("pauses the delivery of hints");
  if (effects.pauses_accepting) add("refuses new hints");
  if (effects.changes_settings) add("changes settings");
  return text.empty() ? "nothing that a verdict depends on" : text;
}

}  // namespace holdfast::checkers
