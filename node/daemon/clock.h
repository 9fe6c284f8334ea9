// The clocks of this machine, read here only; wall time as a harness's clock page wants it, if
// there is one.
#pragma once

#include "node/base/clock_page.h"
#include "node/base/ids.h"
#include "node/base/time.h"

namespace holdfast::node {

// From now on this process's wall clock is the node's on the page, which must stay mapped.
void use_clock_page(const ClockPage* page, NodeId node);

Time read_clocks();
SteadyTime steady_now();

}  // namespace holdfast::node
