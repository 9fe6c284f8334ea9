#include "node/daemon/incarnation.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace holdfast::node {
namespace {

constexpr std::int64_t kYear2024 = 1704067200;  // seconds since 1970
constexpr std::int64_t kQuarterUs = 250'000;

std::uint32_t of_clock(WallTime now) {
  const std::int64_t quarters = to_us(now) / kQuarterUs - kYear2024 * 4;
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(quarters, 1, 0xfffffffe));
}

// 0 if there is none, or the file is damaged.
std::uint32_t read_last(const std::string& path) {
  std::ifstream file(path);
  std::uint32_t number = 0;
  file >> number;
  return file ? number : 0;
}

bool write_durably(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return false;
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(fd) == 0;
  return ::close(fd) == 0 && written;
}

}  // namespace

Result<std::uint32_t> next_incarnation(const std::string& directory, WallTime now) {
  const std::string path = directory + "/incarnation";
  const std::uint32_t number = std::max(of_clock(now), read_last(path) + 1);
  const std::string beside = path + ".new";
  if (!write_durably(beside, std::to_string(number) + "\n") ||
      std::rename(beside.c_str(), path.c_str()) != 0) {
    return fail("cannot write " + path + ": " + std::strerror(errno));
  }
  return number;
}

}  // namespace holdfast::node
