// The number of a start: higher than that of any start before it. It is at least the wall clock,
// counted in quarters of a second since 2024, so that it grows on a new disk too, and at least one
// above the last, which is kept in the file "incarnation" beside the store.
#pragma once

#include <cstdint>
#include <string>

#include "node/base/result.h"
#include "node/base/time.h"

namespace holdfast::node {

// Chooses the next number and makes it durable.
Result<std::uint32_t> next_incarnation(const std::string& directory, WallTime now);

}  // namespace holdfast::node
