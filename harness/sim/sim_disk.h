// A node's simulated disk: files in memory that lose what was not synced when the power goes.
//
// It belongs to a node for its whole life, over crashes and wipes. When the process dies (killed,
// or by power loss) the disk is detached: every call of the dead process fails without effect,
// so that destroying its Store changes nothing; attach() makes it usable for the next process.
// Creating, removing and renaming a file are durable at once (a journalling file system).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "harness/sim/file_content.h"
#include "nemesis/faults.h"
#include "node/base/ids.h"
#include "node/base/time.h"
#include "node/storage/disk.h"

namespace holdfast::harness {

struct DiskOptions {
  // Of every sync, uniform.
  Duration sync_min{1000};
  Duration sync_max{3000};
};

class SimDisk : public node::Disk {
 public:
  SimDisk(std::uint64_t seed, NodeId node, const DiskOptions& options);

  // node::Disk, used by the store.
  std::unique_ptr<node::File> open(std::string_view name, bool create,
                                   node::DiskStatus& status) override;
  bool exists(std::string_view name) override;
  node::DiskStatus remove(std::string_view name) override;
  node::DiskStatus rename(std::string_view from, std::string_view to) override;

  // The process is gone; what it wrote stays.
  void detach() { attached_ = false; }
  void attach();
  // The power goes: detaches, and each unsynced page is kept, lost or torn.
  void lose_power();
  // The power goes at the `call`-th call of the store from now (1: the next one). 0: never.
  void lose_power_at_call(std::uint64_t call) { calls_until_loss_ = call; }
  bool lost_power() const { return lost_power_; }
  void wipe();

  void set_fault(nemesis::DiskFault fault) { fault_ = fault; }
  // Flips one bit of the store's database file, if there is one.
  void flip_bit();

  // How long the next sync takes.
  Duration sync_duration() const;
  // How long the syncs since the last call took (those that SQLite makes for itself).
  Duration take_sync_time();
  std::uint64_t syncs() const { return syncs_; }
  std::uint64_t calls() const { return calls_; }
  std::uint64_t bytes() const;

 private:
  friend class SimFile;

  // Before every call: whether it may go on.
  bool admit() {
    ++calls_;
    if (calls_until_loss_ != 0 && --calls_until_loss_ == 0) lose_power();
    return attached_;
  }
  node::DiskStatus write(FileContent& file, std::uint64_t offset, const char* from,
                         std::size_t size);
  node::DiskStatus truncate(FileContent& file, std::uint64_t size);
  node::DiskStatus sync(FileContent& file);

  std::uint64_t seed_;
  DiskOptions options_;
  std::map<std::string, std::shared_ptr<FileContent>, std::less<>> files_;
  std::uint64_t files_made_ = 0;
  bool attached_ = true;
  bool lost_power_ = false;
  std::uint64_t calls_ = 0;
  std::uint64_t calls_until_loss_ = 0;
  std::uint64_t syncs_ = 0;
  std::uint64_t flips_ = 0;
  Duration sync_time_{0};
  nemesis::DiskFault fault_ = nemesis::DiskFault::none;
};

}  // namespace holdfast::harness
