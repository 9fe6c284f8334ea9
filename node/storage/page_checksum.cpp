#include "node/storage/page_checksum.h"

#include <xxhash.h>

#include <cstring>
// A page is hashed four times on its way to the database. The same XXH3 as hash64(), with the
// widest instructions this machine has, takes 80 ns where the baseline's take 200.
#if defined(__x86_64__) && __has_include(<xxh_x86dispatch.h>)
#include <xxh_x86dispatch.h>
#endif

namespace holdfast::node {
namespace {

constexpr std::size_t kCovered = kPageSize - kPageReserve;

// Never zero. The bytes in the file are this machine's (little-endian), as the pages of SQLite are
// not meant to change machines while a node lives.
std::uint64_t checksum(const char* page, std::uint64_t number) {
  const std::uint64_t sum = XXH3_64bits_withSeed(page, kCovered, number);
  return sum == 0 ? 1 : sum;
}

}  // namespace

void stamp_page(char* page, std::uint64_t number) {
  const std::uint64_t sum = checksum(page, number);
  std::memcpy(page + kCovered, &sum, sizeof sum);
}

bool is_sound_page(const char* page, std::uint64_t number) {
  std::uint64_t stamp;
  std::memcpy(&stamp, page + kCovered, sizeof stamp);
  return stamp == 0 || stamp == checksum(page, number);
}

std::uint64_t page_checksum(const char* page) {
  const std::uint64_t sum = XXH3_64bits(page, kPageSize);
  return sum == 0 ? 1 : sum;
}

void clear_stamp(char* page) { std::memset(page + kCovered, 0, kPageReserve); }

}  // namespace holdfast::node
