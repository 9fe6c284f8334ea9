// Fuzzing of gzip and Zstandard: a file of any bytes is read to its end or to an error.
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "checkers/formats/byte_source.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast::checkers;
  static const int memory = memfd_create("fuzz", 0);
  if (ftruncate(memory, 0) != 0 || pwrite(memory, data, size, 0) < 0) std::abort();
  auto source = open_source("/proc/self/fd/" + std::to_string(memory));
  if (!source) return 0;
  constexpr std::size_t kMost = std::size_t{1} << 24;  // what was packed well has no end
  std::array<char, 1 << 16> bytes{};
  for (std::size_t all = 0; all < kMost;) {
    const auto got = (*source)->read(bytes.data(), bytes.size());
    if (!got && got.error().message.empty()) std::abort();
    if (!got || *got == 0) return 0;
    if (*got > bytes.size()) std::abort();
    all += *got;
  }
  return 0;
}
