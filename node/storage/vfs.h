// SQLite's VFS over a Disk, registered under a name of its own for as long as it lives.
//
// Single process, single connection: locks do nothing, there is no shared memory (the database is
// opened with locking_mode=EXCLUSIVE), no clock, and no randomness but a seeded one.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>

#include "node/base/random.h"
#include "node/storage/disk.h"
#include "node/storage/failure.h"
#include "node/storage/stored_file.h"

namespace holdfast::node {

class Vfs {
 public:
  // `disk` and `failure`, which takes the first thing that goes wrong, must outlive it. `seed` must
  // differ between any two openings of one store: the salts of its logs come from it.
  Vfs(Disk& disk, std::uint64_t seed, Failure& failure);
  // REQUIRES: every connection that uses it is closed.
  ~Vfs();
  Vfs(const Vfs&) = delete;
  Vfs& operator=(const Vfs&) = delete;

  const char* name() const { return name_.c_str(); }

  // SQLite has one random number generator per process. Call this before a write: what it draws
  // comes from this store's seed, whatever other stores of the process did in between.
  void take_randomness();

  // Whether the write-ahead log holds something not known to be durable.
  bool unsynced() const { return log_ != nullptr && log_->unsynced(); }
  // False if it failed.
  bool sync_log() { return log_ == nullptr || log_->sync() == SQLITE_OK; }

 private:
  friend struct VfsCalls;
  int failed(DiskStatus status, const char* name);

  Disk& disk_;
  Failure& failure_;
  Random random_;
  std::string name_;
  sqlite3_vfs vfs_{};
  LogFile* log_ = nullptr;  // while SQLite has it open
};

}  // namespace holdfast::node
