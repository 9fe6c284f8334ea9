// The harness's side of the disk page: shared memory that the nodes map, read-only, to learn how
// their disks fail.
#pragma once

#include <new>
#include <utility>

#include "nemesis/linux/shared_memory.h"
#include "node/base/disk_page.h"
#include "node/base/result.h"

namespace holdfast::nemesis {

class Disks {
 public:
  // Every disk works.
  static Result<Disks> make() {
    auto memory = SharedMemory::make("holdfast-disks", sizeof(DiskPage));
    if (!memory) return memory.error();
    auto* const page = new (memory.value().data()) DiskPage{};
    page->start();
    return Disks(std::move(memory.value()), page);
  }

  // For a child to inherit, which maps sizeof(DiskPage) of it with PROT_READ and MAP_SHARED.
  int fd() const { return memory_.fd(); }
  void set(NodeId node, DiskMode mode) { page_->set(node, mode); }

 private:
  Disks(SharedMemory memory, DiskPage* page) : memory_(std::move(memory)), page_(page) {}

  SharedMemory memory_;
  DiskPage* page_;
};

}  // namespace holdfast::nemesis
