#pragma once

#include <string_view>

namespace holdfast::harness {

// What this program was built from, as `git describe` says it; empty if it was built without git.
std::string_view commit();

}  // namespace holdfast::harness
