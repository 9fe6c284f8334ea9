// The folder of a run: <results>/<test>/<UTC time>, and the link <results>/<test>/latest to it.
#pragma once

#include <filesystem>
#include <string>

#include "node/base/result.h"

namespace holdfast::harness {

// Makes an empty folder for a run that starts at `unix_seconds`; a second one of the same second
// gets "-2" and so on. The error names the folder and the reason.
Result<std::filesystem::path> make_run_folder(const std::filesystem::path& results,
                                              const std::string& test, std::int64_t unix_seconds);
// Points "latest", beside the folder, to it. Replaces an older link at once, never anything else.
Result<> link_latest(const std::filesystem::path& run_folder);

// The folder that a person names: itself, or where its link leads. The error says what is missing.
Result<std::filesystem::path> find_run_folder(const std::filesystem::path& path);

}  // namespace holdfast::harness
