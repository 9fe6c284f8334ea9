// How far the write-ahead log is known to have been durable: what tells damage from a torn tail.
//
// SQLite ends recovery silently at the first frame of the log that does not check. After a power
// loss that is right for what was never synced, and wrong for what was: committed changes vanish,
// or, when part of the log had been checkpointed, old pages hide new ones. So after each sync of
// the log the VFS notes in "node.db-synced" which log it was (its salts) and how many frames it
// had. The note itself is not synced: a lost or older one only weakens the check, it never calls
// a sound log damaged.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "node/storage/disk.h"

namespace holdfast::node {

inline constexpr std::size_t kLogHeaderSize = 32;
inline constexpr std::size_t kFrameHeaderSize = 24;
using LogSalts = std::array<char, 8>;  // as in the log's header

class SyncedMark {
 public:
  explicit SyncedMark(Disk& disk) : disk_(disk) {}
  DiskStatus write(const LogSalts& salts, std::uint64_t frames);

 private:
  Disk& disk_;
  std::unique_ptr<File> file_;  // opened at the first write
};

// What is wrong with the log, if its header is damaged or a frame that was synced does not check.
// Sets `status` to how reading it went; on a failure returns nothing.
std::optional<std::string> find_log_damage(Disk& disk, DiskStatus& status);

}  // namespace holdfast::node
