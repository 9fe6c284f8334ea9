// A file of the store as SQLite's VFS sees it: a File whose failures are remembered and told in
// SQLite's codes. The database adds checksums to its pages (PageFile), the write-ahead log to its
// frames (LogFile).
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
  // SQLITE_IOERR_SHORT_READ.
  virtual int read(std::uint64_t offset, char* to, std::size_t size);
  virtual int write(std::uint64_t offset, const char* from, std::size_t size);
  virtual int sync();
  int truncate(std::uint64_t size);
  std::uint64_t size() const { return file_->size(); }

  // Whether something written is not known to be durable.
  bool unsynced() const { return unsynced_; }

 protected:
  int failed(DiskStatus status, const char* what);
  int damaged(const char* unit, std::uint64_t number);

 private:
  std::string name_;
  std::unique_ptr<File> file_;
  Failure& failure_;
  bool unsynced_;
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
// durably how far the log is known to be sound (SyncedMark).
class LogFile final : public StoredFile {
 public:
  LogFile(std::string name, std::unique_ptr<File> file, Failure& failure, SyncedMark mark);
  int read(std::uint64_t offset, char* to, std::size_t size) override;
  int write(std::uint64_t offset, const char* from, std::size_t size) override;
  int sync() override;

 private:
  std::vector<std::uint64_t> checksums_;  // by frame; 0: not known
  LogSalts salts_{};
  std::uint64_t frames_ = 0;         // of this log that were written since it was opened
  std::uint64_t frames_marked_ = 0;  // of those, that the mark covers
  SyncedMark mark_;
};

}  // namespace holdfast::node
