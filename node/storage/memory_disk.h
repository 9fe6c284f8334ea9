// A disk in memory for unit tests: it knows what was synced, loses the rest on demand, and fails
// when told to. Creating, removing and renaming files is durable at once.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "node/base/random.h"
#include "node/storage/disk.h"

namespace holdfast::node {

class MemoryDisk final : public Disk {
 public:
  std::unique_ptr<File> open(std::string_view name, bool create, DiskStatus& status) override;
  bool exists(std::string_view name) override;
  DiskStatus remove(std::string_view name) override;
  DiskStatus rename(std::string_view from, std::string_view to) override;

  // Of every page of 4 KiB written since its file was last synced, keeps, loses or tears (some of
  // its sectors of 512 bytes kept) each on its own, and likewise keeps or undoes truncations. Ends
  // failures. Close all files before.
  void power_loss(Random& random);

  // The calls so far that could fail: all but exists() and size().
  std::uint64_t calls() const { return calls_; }
  // Makes `count` calls fail with `status`, from the `first` from now on (1 is the next one). A
  // failed write or sync has done nothing.
  void fail_calls(std::uint64_t first, std::uint64_t count, DiskStatus status);
  // Writes that would make all files together larger fail with DiskStatus::full.
  void set_capacity(std::uint64_t bytes) { capacity_ = bytes; }
  std::uint64_t used() const;

  // A disk with the same files, all synced.
  MemoryDisk copy() const;
  // The bytes of a file, to look at and to damage. REQUIRES: it exists.
  std::string& bytes(std::string_view name);

 private:
  friend class MemoryFile;

  struct Contents {
    std::string bytes;
    std::string synced;  // as it was at the last sync
    std::set<std::uint64_t> unsynced_pages;

    void changed(std::uint64_t offset, std::size_t size);
    void sync();
    void lose_power(Random& random);
  };

  DiskStatus call();

  std::map<std::string, std::shared_ptr<Contents>, std::less<>> files_;
  std::uint64_t calls_ = 0;
  std::uint64_t fail_first_ = 0;
  std::uint64_t fail_count_ = 0;
  DiskStatus fail_status_ = DiskStatus::ok;
  std::uint64_t capacity_ = UINT64_MAX;
};

}  // namespace holdfast::node
