// Inserts of unique keys, then reads of all of them: no write is ever superseded, so every
// acknowledged one is verified.
#pragma once

#include "workloads/workload.h"

namespace holdfast::workloads {

WorkloadKind set_kind();

}  // namespace holdfast::workloads
