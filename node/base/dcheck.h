// DCHECK(condition): as CHECK, for invariants that cost too much to look at in every run. Compiled
// in with HOLDFAST_DCHECKS: in the presets debug, asan and tsan.
#pragma once

#include "node/base/check.h"

#ifdef HOLDFAST_DCHECKS
#define DCHECK(condition) CHECK(condition)
#else
#define DCHECK(condition) \
  do {                    \
  } while (false && (condition))
#endif
