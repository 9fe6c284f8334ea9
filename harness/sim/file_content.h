// The bytes of one simulated file, and what of them a power loss may take back.
//
// Reads see every write at once (the page cache). Until a sync each page that was written since
// the last one remembers its durable content, and a power loss decides its fate on its own: kept,
// lost, or torn between old and new sectors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "node/base/random.h"

namespace holdfast::harness {

inline constexpr std::uint64_t kPageBytes = 4096;
inline constexpr std::uint64_t kSectorBytes = 512;

enum class PageFate : std::uint8_t { kept, lost, torn };

// What a power loss does, page by page: drawn from `seed`, the file and the page.
class PowerLoss {
 public:
  explicit PowerLoss(std::uint64_t seed);
  PageFate fate(std::uint64_t file, std::uint64_t page) const;
  // Whether a sector of a torn page is the new one.
  bool keeps_sector(std::uint64_t file, std::uint64_t page, std::uint64_t sector) const;
  bool keeps_truncation(std::uint64_t file) const;

 private:
  // Each loss has a character, so that losses of everything and of single pages both occur.
  enum class Mood : std::uint8_t { mixed, loses_all, loses_most, keeps_most };
  std::uint64_t seed_;
  Mood mood_;
};

class FileContent {
 public:
  // `number` names the file in the draws of a power loss.
  explicit FileContent(std::uint64_t number) : number_(number) {}

  std::uint64_t number() const { return number_; }
  std::uint64_t size() const { return size_; }
  // Copies up to `size` bytes; returns how many there were.
  std::size_t read(std::uint64_t offset, char* to, std::size_t size) const;
  void write(std::uint64_t offset, const char* from, std::size_t size);
  void truncate(std::uint64_t size);

  void sync();
  bool unsynced() const { return !unsynced_.empty() || size_ != durable_size_; }
  std::size_t unsynced_pages() const { return unsynced_.size(); }
  void lose_power(const PowerLoss& loss);
  // The medium itself changes: durable, and not noticed. REQUIRES: offset < size().
  void flip_bit(std::uint64_t offset, int bit);

 private:
  static constexpr std::uint64_t kChunkBytes = 64 * 1024;
  using Bytes = std::unique_ptr<char[]>;
  struct UnsyncedPage {
    std::uint64_t page;
    Bytes durable;  // null: all zeros
  };

  char* chunk_for_write(std::uint64_t index);
  // Remembers the durable content of pages that are about to change.
  void touch(std::uint64_t first_page, std::uint64_t last_page);
  void resolve(const UnsyncedPage& unsynced, PageFate fate, const PowerLoss& loss);
  void forget_unsynced();
  void clear(std::uint64_t from, std::uint64_t to);

  std::uint64_t number_;
  std::vector<Bytes> chunks_;  // null: all zeros; bytes at and after size_ are zeros
  std::uint64_t size_ = 0;
  std::uint64_t durable_size_ = 0;
  std::vector<std::uint64_t> touched_;  // a bit per page: it is in unsynced_
  std::vector<UnsyncedPage> unsynced_;
  std::vector<Bytes> spare_;  // page buffers to use again
};

}  // namespace holdfast::harness
