#include "nemesis/linux/temporary_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

namespace holdfast::nemesis {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPrefix = "holdfast-";
constexpr const char* kLock = ".in-use";

// The folder's lock, or nothing: it has none, it is another user's, or it is held.
Descriptor lock_of(const fs::path& folder) {
  Descriptor lock(::open((folder / kLock).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat status {};
  if (!lock.is_open() || ::fstat(lock.get(), &status) != 0 || status.st_uid != ::geteuid() ||
      ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return Descriptor();
  }
  return lock;
}

}  // namespace

Result<TemporaryFolder> TemporaryFolder::make(const fs::path& parent) {
  std::string name = (parent / (std::string(kPrefix) + "XXXXXX")).string();
  if (::mkdtemp(name.data()) == nullptr) {
    return fail("cannot make a folder in " + parent.string() + ": " + std::strerror(errno));
  }
  Descriptor lock(::open((name + "/" + kLock).c_str(), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                         S_IRUSR | S_IWUSR));
  if (!lock.is_open() || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    const std::string reason = std::strerror(errno);
    std::error_code ignored;
    fs::remove_all(name, ignored);
    return fail("cannot lock " + name + ": " + reason);
  }
  return TemporaryFolder(name, std::move(lock));
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

TemporaryFolder::TemporaryFolder(TemporaryFolder&& other) noexcept
    : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}

std::vector<fs::path> remove_leftovers(const fs::path& parent) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(parent, error), end; !error && it != end; it.increment(error)) {
    const bool named = it->path().filename().string().starts_with(kPrefix);
    std::error_code ignored;
    if (named && !it->is_symlink(ignored) && it->is_directory(ignored)) found.push_back(*it);
  }
  std::sort(found.begin(), found.end());
  std::erase_if(found, [](const fs::path& folder) {
    std::error_code failed;
    return !lock_of(folder).is_open() || fs::remove_all(folder, failed) == 0 || failed;
  });
  return found;
}

}  // namespace holdfast::nemesis
