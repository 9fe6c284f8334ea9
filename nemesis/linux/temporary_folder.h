// A folder named holdfast-… that goes with its object. A lock says that it is in use; the kernel
// drops the lock when the process ends, however that happens, so what is left can be told from
// what is in use.
#pragma once

#include <filesystem>
#include <utility>
#include <vector>

#include "nemesis/linux/descriptor.h"
#include "node/base/result.h"

namespace holdfast::nemesis {

class TemporaryFolder {
 public:
  static Result<TemporaryFolder> make(const std::filesystem::path& parent);
  ~TemporaryFolder();
  TemporaryFolder(TemporaryFolder&& other) noexcept;
  TemporaryFolder& operator=(TemporaryFolder&& other) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  TemporaryFolder(std::filesystem::path path, Descriptor lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}

  std::filesystem::path path_;  // empty: moved away
  Descriptor lock_;
};

// Removes the temporary folders below `parent` that this user's processes made and that no process
// uses any more; returns their paths. Touches nothing else, whatever its name.
//
// Nothing else can be left: links, rules, mounts and processes are made in a sandbox, and end with
// it; the clock page has no name.
std::vector<std::filesystem::path> remove_leftovers(const std::filesystem::path& parent);

}  // namespace holdfast::nemesis
