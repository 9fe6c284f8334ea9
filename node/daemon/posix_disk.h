// The real disk: a Disk on a directory of a Linux file system.
#pragma once

#include <memory>
#include <string>

#include "node/base/result.h"
#include "node/storage/disk.h"

namespace holdfast::node {

class PosixDisk : public Disk {
 public:
  // Opens the directory, making it (not its parents) if needed, and locks it against a second
  // process for as long as this object lives.
  static Result<std::unique_ptr<PosixDisk>> open(const std::string& directory);
  ~PosixDisk() override;
  PosixDisk(const PosixDisk&) = delete;
  PosixDisk& operator=(const PosixDisk&) = delete;

  std::unique_ptr<File> open(std::string_view name, bool create, DiskStatus& status) override;
  bool exists(std::string_view name) override;
  DiskStatus remove(std::string_view name) override;
  DiskStatus rename(std::string_view from, std::string_view to) override;

 private:
  PosixDisk(int directory, int lock) : directory_(directory), lock_(lock) {}
  DiskStatus sync_directory();

  int directory_;
  int lock_;
};

}  // namespace holdfast::node
