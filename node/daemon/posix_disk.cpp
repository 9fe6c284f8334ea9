#include "node/daemon/posix_disk.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace holdfast::node {
namespace {

DiskStatus status_of(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return DiskStatus::full;
    case ENOENT:
      return DiskStatus::not_found;
    default:
      return DiskStatus::io_error;
  }
}

DiskStatus status_of_call(int result) { return result == 0 ? DiskStatus::ok : status_of(errno); }

class PosixFile : public File {
 public:
  explicit PosixFile(int fd) : fd_(fd) {}
  ~PosixFile() override { ::close(fd_); }

  DiskStatus read(std::uint64_t offset, char* to, std::size_t size, std::size_t& got) override {
    got = 0;
    while (got < size) {
      const ssize_t part = ::pread(fd_, to + got, size - got, static_cast<off_t>(offset + got));
      if (part < 0 && errno == EINTR) continue;
      if (part < 0) return DiskStatus::io_error;
      if (part == 0) break;
      got += static_cast<std::size_t>(part);
    }
    return DiskStatus::ok;
  }

  DiskStatus write(std::uint64_t offset, const char* from, std::size_t size) override {
    for (std::size_t done = 0; done < size;) {
      const ssize_t part =
          ::pwrite(fd_, from + done, size - done, static_cast<off_t>(offset + done));
      if (part < 0 && errno == EINTR) continue;
      if (part < 0) return status_of(errno);
      done += static_cast<std::size_t>(part);
    }
    return DiskStatus::ok;
  }

  DiskStatus truncate(std::uint64_t size) override {
    return status_of_call(::ftruncate(fd_, static_cast<off_t>(size)));
  }

  DiskStatus sync() override { return status_of_call(::fdatasync(fd_)); }

  std::uint64_t size() const override {
    struct stat facts = {};
    return ::fstat(fd_, &facts) == 0 ? static_cast<std::uint64_t>(facts.st_size) : 0;
  }

 private:
  int fd_;
};

}  // namespace

Result<std::unique_ptr<PosixDisk>> PosixDisk::open(const std::string& directory) {
  const auto refuse = [&directory](std::string_view what) {
    return fail("data directory " + directory + ": cannot " + std::string(what) + ": " +
                std::strerror(errno));
  };
  if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST) return refuse("make it");
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return refuse("open it");
  const int lock = ::openat(fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) {
    const Error error = refuse("write to it");
    ::close(fd);
    return error;
  }
  std::unique_ptr<PosixDisk> disk(new PosixDisk(fd, lock));
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    return fail("data directory " + directory + ": another process uses it");
  }
  return disk;
}

PosixDisk::~PosixDisk() {
  ::close(lock_);
  ::close(directory_);
}

std::unique_ptr<File> PosixDisk::open(std::string_view name, bool create, DiskStatus& status) {
  const std::string path(name);
  status = DiskStatus::ok;
  int fd = ::openat(directory_, path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT && create) {
    fd = ::openat(directory_, path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    // A file whose name is lost with the power was not created.
    if (fd >= 0 && (status = sync_directory()) != DiskStatus::ok) {
      ::close(fd);
      return nullptr;
    }
  }
  if (fd < 0) {
    status = status_of(errno);
    return nullptr;
  }
  return std::make_unique<PosixFile>(fd);
}

bool PosixDisk::exists(std::string_view name) {
  return ::faccessat(directory_, std::string(name).c_str(), F_OK, 0) == 0;
}

DiskStatus PosixDisk::remove(std::string_view name) {
  if (::unlinkat(directory_, std::string(name).c_str(), 0) != 0) return status_of(errno);
  return sync_directory();
}

DiskStatus PosixDisk::rename(std::string_view from, std::string_view to) {
  const std::string source(from), destination(to);
  if (::renameat(directory_, source.c_str(), directory_, destination.c_str()) != 0) {
    return status_of(errno);
  }
  return sync_directory();
}

DiskStatus PosixDisk::sync_directory() { return status_of_call(::fsync(directory_)); }

}  // namespace holdfast::node
