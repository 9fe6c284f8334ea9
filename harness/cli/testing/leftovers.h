// What a run in a folder of a test's own has left behind.
#pragma once

#include <cctype>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "nemesis/linux/testing/in_sandbox.h"

namespace holdfast::harness {

// Processes, zombies left out, whose command line or environment names the folder.
inline std::vector<std::string> processes_about(const std::string& folder) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string pid = entry.path().filename().string();
    if (!std::isdigit(static_cast<unsigned char>(pid[0]))) continue;
    if (nemesis::text_of("/proc/" + pid + "/cmdline").find(folder) != std::string::npos ||
        nemesis::text_of("/proc/" + pid + "/environ").find(folder) != std::string::npos) {
      found.push_back(pid);
    }
  }
  return found;
}

// Files of a run that are of no use after it.
inline std::vector<std::string> leftovers(const std::filesystem::path& folder) {
  std::vector<std::string> found;
  std::error_code gone;
  for (std::filesystem::recursive_directory_iterator at(folder, gone), end; at != end;
       at.increment(gone)) {
    const std::string name = at->path().filename();
    if (name == "data" || name == "own-events.jsonl" || name.starts_with("holdfast-")) {
      found.push_back(at->path());
    }
  }
  return found;
}

}  // namespace holdfast::harness
