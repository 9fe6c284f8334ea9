// Reads, writes and deletes of unique values. Every key is written once in shuffled order, with a
// share of overwrites in between, so that most acknowledged writes can be verified in the end and
// are not merely superseded.
#pragma once

#include "workloads/workload.h"

namespace holdfast::workloads {

WorkloadKind register_kind();

}  // namespace holdfast::workloads
