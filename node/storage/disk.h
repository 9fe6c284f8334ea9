// The one interface between a node and a disk: what SQLite's VFS needs, and nothing more.
//
// Implementations: MemoryDisk (unit tests), the simulator's disk (which loses unsynced writes,
// tears pages, flips bits, fails and fills up), and the daemon's real disk. Single-threaded.
// Names are flat: "node.db", "node.db-wal".
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace holdfast::node {

enum class DiskStatus : std::uint8_t {
  ok,
  io_error,  // the device failed; the data at that place is in an unknown state
  full,      // no space left; nothing was written
  not_found
};

class File {
 public:
  virtual ~File() = default;

  // Reads up to `size` bytes at `offset`; `got` is less than `size` only at the end of the file.
  virtual DiskStatus read(std::uint64_t offset, char* to, std::size_t size, std::size_t& got) = 0;
  // Writes all bytes or reports a failure. Extends the file (zeros fill a gap). Durable only after
  // sync(); until then a power loss may keep, lose or tear each page on its own.
  virtual DiskStatus write(std::uint64_t offset, const char* from, std::size_t size) = 0;
  virtual DiskStatus truncate(std::uint64_t size) = 0;
  // Makes everything written so far durable. After a failure it must not be tried again: the
  // caller rebuilds from what the disk holds ("fsyncgate", PostgreSQL 2018).
  virtual DiskStatus sync() = 0;
  virtual std::uint64_t size() const = 0;
};

class Disk {
 public:
  virtual ~Disk() = default;

  // Opens a file, creating it if `create`. On failure returns null and sets `status`. The file
  // must not outlive the disk.
  virtual std::unique_ptr<File> open(std::string_view name, bool create, DiskStatus& status) = 0;
  virtual bool exists(std::string_view name) = 0;
  virtual DiskStatus remove(std::string_view name) = 0;
  // Replaces `to` if it exists.
  virtual DiskStatus rename(std::string_view from, std::string_view to) = 0;
};

}  // namespace holdfast::node
