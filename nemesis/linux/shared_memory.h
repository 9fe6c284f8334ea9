// Memory that this process writes and its children map, read-only, by a descriptor they inherit.
// It has no name that could be left behind.
#pragma once

#include <cstddef>
#include <memory>

#include "nemesis/linux/descriptor.h"
#include "node/base/result.h"

namespace holdfast::nemesis {

class SharedMemory {
 public:
  // Full of zeros. The name is for /proc/<pid>/maps.
  static Result<SharedMemory> make(const char* name, std::size_t bytes);

  int fd() const { return descriptor_.get(); }
  void* data() const { return mapped_.get(); }

 private:
  struct Unmap {
    std::size_t bytes;
    void operator()(void* mapped) const;
  };

  SharedMemory(Descriptor descriptor, void* mapped, std::size_t bytes)
      : descriptor_(std::move(descriptor)), mapped_(mapped, Unmap{bytes}) {}

  Descriptor descriptor_;
  std::unique_ptr<void, Unmap> mapped_;
};

}  // namespace holdfast::nemesis
