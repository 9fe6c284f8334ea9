#include "nemesis/faults.h"

#include <array>

namespace holdfast::nemesis {
namespace {

constexpr std::array<std::string_view, kFaultKinds> kNames = {
    "kill", "power_loss", "pause", "restart", "wipe", "partition",
    "link", "disk",       "clock", "slow",    "stop"};

}  // namespace

std::string_view to_string(FaultKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

std::optional<FaultKind> parse_fault_kind(std::string_view text) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == text) return static_cast<FaultKind>(i);
  }
  return std::nullopt;
}

}  // namespace holdfast::nemesis
