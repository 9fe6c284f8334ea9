// A disk on which a power loss can be acted out: it remembers what writes replaced until they are
// synced, beside each file, in <name>.undo.
//
// A process that is killed leaves the files as it wrote them, and the memory of what was not
// synced; a later process, told that the power was lost in between, keeps, loses or tears each
// unsynced page on its own. Creating, removing and renaming files is durable at once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "node/storage/disk.h"

namespace holdfast::node {

class RevertibleDisk : public Disk {
 public:
  // `power_loss`: the power was lost since the disk was last used; the seed decides what that did.
  // The disk below must outlive it.
  RevertibleDisk(Disk& below, std::optional<std::uint64_t> power_loss)
      : below_(below), power_loss_(power_loss) {}

  std::unique_ptr<File> open(std::string_view name, bool create, DiskStatus& status) override;
  bool exists(std::string_view name) override { return below_.exists(name); }
  DiskStatus remove(std::string_view name) override;
  DiskStatus rename(std::string_view from, std::string_view to) override;

 private:
  Disk& below_;
  std::optional<std::uint64_t> power_loss_;
};

}  // namespace holdfast::node
