#include "harness/proc/tether.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace holdfast::harness {

Result<Tether> Tether::make() {
  auto clocks = nemesis::Clocks::make();
  if (!clocks) return clocks.error();
  auto disks = nemesis::Disks::make();
  if (!disks) return disks.error();
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return fail(std::string("cannot make a pipe: ") + std::strerror(errno));
  }
  return Tether(std::move(clocks.value()), std::move(disks.value()), nemesis::Descriptor(ends[0]),
                nemesis::Descriptor(ends[1]));
}

}  // namespace holdfast::harness
