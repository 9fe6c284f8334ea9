#include "nemesis/types.h"
#include "node/base/check.h"

namespace holdfast::nemesis {
namespace {

constexpr std::pair<std::string_view, DiskFault> kModes[] = {{"io_error", DiskFault::io_error},
                                                             {"full", DiskFault::full},
                                                             {"bit_flip", DiskFault::bit_flip},
                                                             {"slow_sync", DiskFault::slow_sync}};

DiskFault mode_of(const PlannedFault& planned) {
  const std::string_view mode = parameter(*find_fault_type("disk"), planned, "mode");
  for (const auto& [name, fault] : kModes) {
    if (name == mode) return fault;
  }
  CHECK(false);
  return DiskFault::none;
}

checkers::FaultEffects effects_of(const PlannedFault& planned) {
  using Loss = checkers::FaultEffects::Loss;
  switch (mode_of(planned)) {
    case DiskFault::io_error:
      return {.loss = Loss::failed_syncs, .refuses = true};
    case DiskFault::full:
      return {.refuses = true};
    case DiskFault::bit_flip:
      return {.loss = Loss::latent, .refuses = true};
    case DiskFault::slow_sync:
      return {.slows = true};
    case DiskFault::none:
      break;
  }
  return {};
}

}  // namespace

FaultType disk_type() {
  FaultType type("disk",
                 "the disk fails writes, is full, flips a bit of the database, or syncs slowly",
                 effects_of);
  type.parameters = {{"mode", "io_error|full|bit_flip|slow_sync", "io_error", "what goes wrong"}};
  type.needs = [](const PlannedFault&) { return std::vector{FaultKind::disk}; };
  type.begin = [](const PlannedFault& planned, const std::vector<NodeId>& nodes, Effects& effects) {
    for (NodeId node : nodes) effects.hold_disk(node, mode_of(planned));
  };
  type.end = [](const PlannedFault& planned, const std::vector<NodeId>& nodes, Effects& effects) {
    for (NodeId node : nodes) effects.release_disk(node, mode_of(planned));
  };
  type.draw = [](PlannedFault& planned, Random& random) {
    planned.parameters["mode"] = kModes[random.below(std::size(kModes))].first;
  };
  return type;
}

}  // namespace holdfast::nemesis
