// Whether all owners are equal, while a load may go on.
#pragma once

#include <functional>

#include "harness/cluster.h"
#include "node/core/ring.h"

namespace holdfast::harness {

// Lists all rows of all nodes; where owners differ, once more: what had reached one of them by the
// first look must have reached all by the second. `done` is called once, later; with false too if a
// node does not answer. The cluster and the ring must outlive that call.
void look_at_owners(Cluster& cluster, const node::Ring& ring, std::function<void(bool)> done);

}  // namespace holdfast::harness
