// The clocks of this machine, read here only.
#pragma once

#include "node/base/time.h"

namespace holdfast::node {

Time read_clocks();
inline SteadyTime steady_now() { return read_clocks().steady; }

}  // namespace holdfast::node
