// A page of memory that the harness shares with this process, by a descriptor that it inherited.
#pragma once

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "node/base/result.h"

namespace holdfast::node {

// Maps it for good, and closes the descriptor. Page is ClockPage or DiskPage.
template <class Page>
Result<const Page*> map_page(int fd, const std::string& option) {
  struct stat facts = {};
  if (::fstat(fd, &facts) != 0 || facts.st_size < static_cast<off_t>(sizeof(Page))) {
    return fail(option + ": descriptor " + std::to_string(fd) + " is no page of a harness");
  }
  void* const mapped = ::mmap(nullptr, sizeof(Page), PROT_READ, MAP_SHARED, fd, 0);
  const int reason = errno;
  ::close(fd);
  if (mapped == MAP_FAILED) return fail(option + ": cannot map it: " + std::strerror(reason));
  const Page* const page = static_cast<const Page*>(mapped);
  if (!page->is_valid()) return fail(option + ": the page is of another version of holdfast");
  return page;
}

}  // namespace holdfast::node
