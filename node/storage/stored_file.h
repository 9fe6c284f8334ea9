// A file of the store as SQLite's VFS sees it: a File whose failures are remembered and told in
// SQLite's codes. The database adds checksums to its pages (PageFile), the write-ahead log to its
// frames (LogFile).
//
// SQLite writes page by page, and a frame of the log in two parts. Writes that continue each other
// are gathered and reach the disk as one: a system call, and the file system's part in it, cost
// more than the copy of a page.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "node/storage/disk.h"
#include "node/storage/failure.h"
#include "node/storage/page_checksum.h"
#include "node/storage/synced_mark.h"

namespace holdfast::node {

class StoredFile {
 public:
  // `failure` must outlive the file.
  StoredFile(std::string name, std::unique_ptr<File> file, Failure& failure);
  virtual ~StoredFile() = default;
  StoredFile(const StoredFile&) = delete;
  StoredFile& operator=(const StoredFile&) = delete;

  // Each returns SQLITE_OK or an error code. A read past the end fills with zeros and returns
  // SQLITE_IOERR_SHORT_READ. What was written may be gathered until anything else is asked for:
  // that then reports the failure.
  virtual int read(std::uint64_t offset, char* to, std::size_t size);
  virtual int write(std::uint64_t offset, const char* from, std::size_t size);
  virtual int sync();
  int truncate(std::uint64_t size);
  int size(std::uint64_t& size);

  // Whether something written is not known to be durable.
  bool unsynced() const { return unsynced_; }

 protected:
  // Writes what is gathered.
  int flush();
  int failed(DiskStatus status, const char* what);
  int damaged(const char* unit, std::uint64_t number);

 private:
  std::string name_;
  std::unique_ptr<File> file_;
  Failure& failure_;
  bool unsynced_;
  std::string gathered_;
  std::uint64_t gathered_at_ = 0;  // its offset in the file
};

// The database: stamps every page it writes and checks every page it reads.
class PageFile final : public StoredFile {
 public:
  using StoredFile::StoredFile;
  int read(std::uint64_t offset, char* to, std::size_t size) override;
  int write(std::uint64_t offset, const char* from, std::size_t size) override;

 private:
  char stamped_[kPageSize];
};

// The write-ahead log. SQLite checks its frames when it recovers them and trusts them from then on;
// this keeps a checksum of each in memory and checks every later read. After each sync it notes
// durably how far the log is known to be sound (SyncedMark). A transaction is written whole when
// its last frame comes, so that what is committed survives the process.
class LogFile final : public StoredFile {
 public:
  LogFile(std::string name, std::unique_ptr<File> file, Failure& failure, SyncedMark mark);
  int read(std::uint64_t offset, char* to, std::size_t size) override;
  int write(std::uint64_t offset, const char* from, std::size_t size) override;
  int sync() override;

 private:
  std::vector<std::uint64_t> checksums_;  // by frame; 0: not known
  bool ends_transaction_ = false;         // the frame whose header was written last
  LogSalts salts_{};
  std::uint64_t frames_ = 0;         // of this log that were written since it was opened
  std::uint64_t frames_marked_ = 0;  // of those, that the mark covers
  SyncedMark mark_;
};

}  // namespace holdfast::node
