// Names that somebody misspelt.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// "did you mean \"kill\"?", if names are near: at most two letters wrong, missing, too many or
// swapped (one in a short word), else those that begin so. Empty if none is.
std::string did_you_mean(std::string_view misspelt, const std::vector<std::string_view>& names);

// The same, or all names: "there are kill, pause, wipe".
std::string known_names(std::string_view misspelt, const std::vector<std::string_view>& names);

}  // namespace holdfast
