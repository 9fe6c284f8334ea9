// Where histories are: files that were named, and those found in folders.
#pragma once

#include <string>
#include <vector>

#include "node/base/result.h"

namespace holdfast::checkers {

// The files that hold one and the same history, the best of them first: one, but for the folders
// of Jepsen's store.
using HistoryPath = std::vector<std::string>;

// Folders are walked. An error names a folder that cannot be read or has no history.
Result<std::vector<HistoryPath>> histories_in(const std::vector<std::string>& paths);

}  // namespace holdfast::checkers
