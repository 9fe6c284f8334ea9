// What the unsynced writes to one file replaced: its size at the last sync, and each page that was
// changed since as it was then. Written before the file itself is, in one call for each write, so
// that a process killed at any moment leaves a log that fits the file.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "node/storage/disk.h"

namespace holdfast::node {

class UndoLog {
 public:
  static constexpr std::uint64_t kPageBytes = 4096;
  static constexpr std::uint64_t kSectorBytes = 512;

  // Goes on with the log that is in the file.
  explicit UndoLog(std::unique_ptr<File> log);

  // The pages of `file` from `offset` to `end` are about to change.
  DiskStatus remember(File& file, std::uint64_t offset, std::uint64_t end);
  // All is synced: forgets.
  DiskStatus forget();
  // Acts out a power loss on the file, and forgets.
  DiskStatus revert(File& file, std::uint64_t seed);

 private:
  struct Header {
    std::uint64_t magic = 0;
    std::uint64_t epoch = 0;  // entries of other epochs are forgotten
    std::uint64_t active = 0;
    std::uint64_t synced_bytes = 0;  // of the file
  };
  struct Entry {
    std::uint64_t epoch = 0;
    std::uint64_t page = 0;
    std::uint64_t bytes = 0;  // that follow
    std::uint64_t checksum = 0;
  };

  void load();
  // Reads the entry at `place`, and its bytes; false at the end of the log.
  bool read(std::uint64_t place, Entry& entry, std::string& bytes);
  DiskStatus append(File& file, std::uint64_t page, std::string& added);
  DiskStatus resolve(File& file, const Entry& entry, const std::string& old, bool torn,
                     std::uint64_t draw);
  DiskStatus write_header();

  std::unique_ptr<File> log_;
  Header header_;
  std::uint64_t end_ = 0;          // of the log
  std::set<std::uint64_t> pages_;  // in it
};

}  // namespace holdfast::node
