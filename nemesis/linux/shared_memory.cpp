#include "nemesis/linux/shared_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace holdfast::nemesis {

Result<SharedMemory> SharedMemory::make(const char* name, std::size_t bytes) {
  Descriptor memory(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  void* mapped = MAP_FAILED;
  if (memory.is_open() && ::ftruncate(memory.get(), static_cast<off_t>(bytes)) == 0) {
    mapped = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
  }
  // Nobody else may write, or change its size under a reader.
  constexpr int kSeals = F_SEAL_FUTURE_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
  if (mapped == MAP_FAILED || ::fcntl(memory.get(), F_ADD_SEALS, kSeals) != 0) {
    return fail(std::string("cannot share memory with the nodes (") + name + "): " +
                std::strerror(errno) + "; see ulimit -v and -n, and a container's seccomp profile");
  }
  return SharedMemory(std::move(memory), mapped, bytes);
}

void SharedMemory::Unmap::operator()(void* mapped) const { ::munmap(mapped, bytes); }

}  // namespace holdfast::nemesis
