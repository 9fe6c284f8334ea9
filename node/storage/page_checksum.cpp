#include "node/storage/page_checksum.h"

#include <cstring>
#include <string_view>

#include "node/base/hash.h"

namespace holdfast::node {
namespace {

constexpr std::size_t kCovered = kPageSize - kPageReserve;

// Never zero. The bytes in the file are this machine's (little-endian), as the pages of SQLite are
// not meant to change machines while a node lives.
std::uint64_t checksum(const char* page, std::uint64_t number) {
  const std::uint64_t sum = hash64(std::string_view(page, kCovered), number);
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

void clear_stamp(char* page) { std::memset(page + kCovered, 0, kPageReserve); }

}  // namespace holdfast::node
