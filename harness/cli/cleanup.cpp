// holdfast cleanup: removes what a power cut would leave.
#include <fmt/format.h>

#include <filesystem>

#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "nemesis/linux/temporary_folder.h"

namespace holdfast::harness {

int cleanup() {
  const auto removed = nemesis::remove_leftovers(std::filesystem::temp_directory_path());
  for (const std::filesystem::path& path : removed) fmt::print("removed {}\n", path.string());
  fmt::print("{}\n", removed.empty() ? "nothing was left" : "nothing else was left");
  return kExitValid;
}

}  // namespace holdfast::harness
