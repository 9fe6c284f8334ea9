#include "workloads/workload.h"

#include "workloads/register.h"
#include "workloads/script.h"
#include "workloads/set.h"

namespace holdfast::workloads {

std::span<const WorkloadKind> all_workloads() {
  static const std::vector<WorkloadKind> kinds = {register_kind(), set_kind(), script_kind()};
  return kinds;
}

const WorkloadKind* find_workload(std::string_view name) {
  for (const WorkloadKind& kind : all_workloads()) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

}  // namespace holdfast::workloads
