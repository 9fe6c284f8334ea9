#include "harness/sim/file_content.h"

#include <algorithm>
#include <cstring>

#include "node/base/check.h"

namespace holdfast::harness {
namespace {

std::uint64_t pages_of(std::uint64_t size) { return (size + kPageBytes - 1) / kPageBytes; }

constexpr std::size_t kSpareBuffers = 256;

}  // namespace

PowerLoss::PowerLoss(std::uint64_t seed)
    : seed_(seed), mood_(static_cast<Mood>(mix64(seed ^ 1) % 4)) {}

PageFate PowerLoss::fate(std::uint64_t file, std::uint64_t page) const {
  if (mood_ == Mood::loses_all) return PageFate::lost;
  const std::uint64_t draw = derive_seed(seed_, "page", file, page) % 12;
  if (mood_ == Mood::loses_most) {
    return draw < 9 ? PageFate::lost : draw < 11 ? PageFate::torn : PageFate::kept;
  }
  if (mood_ == Mood::keeps_most) {
    return draw < 9 ? PageFate::kept : draw < 11 ? PageFate::torn : PageFate::lost;
  }
  return static_cast<PageFate>(draw % 3);
}

bool PowerLoss::keeps_sector(std::uint64_t file, std::uint64_t page, std::uint64_t sector) const {
  const std::uint64_t draw = derive_seed(seed_, "torn page", file, page);
  const std::uint64_t split = 1 + draw / 4 % (kPageBytes / kSectorBytes - 1);
  switch (draw % 4) {
    case 0:
    case 1:
      return sector < split;  // as a rule the first sectors arrive
    case 2:
      return sector >= split;
    default:
      return (mix64(draw ^ sector) & 1) != 0;
  }
}

bool PowerLoss::keeps_truncation(std::uint64_t file) const {
  return mood_ != Mood::loses_all && derive_seed(seed_, "truncation", file) % 2 == 0;
}

std::size_t FileContent::read(std::uint64_t offset, char* to, std::size_t size) const {
  if (offset >= size_) return 0;
  const auto available = static_cast<std::size_t>(std::min<std::uint64_t>(size, size_ - offset));
  for (std::size_t done = 0; done < available;) {
    const std::uint64_t at = (offset + done) % kChunkBytes;
    const auto part =
        static_cast<std::size_t>(std::min<std::uint64_t>(available - done, kChunkBytes - at));
    const Bytes& chunk = chunks_[(offset + done) / kChunkBytes];
    if (chunk) {
      std::memcpy(to + done, chunk.get() + at, part);
    } else {
      std::memset(to + done, 0, part);
    }
    done += part;
  }
  return available;
}

void FileContent::write(std::uint64_t offset, const char* from, std::size_t size) {
  if (size == 0) return;
  const std::uint64_t end = offset + size;
  touch(offset / kPageBytes, (end - 1) / kPageBytes);
  for (std::size_t done = 0; done < size;) {
    const std::uint64_t at = (offset + done) % kChunkBytes;
    const auto part =
        static_cast<std::size_t>(std::min<std::uint64_t>(size - done, kChunkBytes - at));
    std::memcpy(chunk_for_write((offset + done) / kChunkBytes) + at, from + done, part);
    done += part;
  }
  size_ = std::max(size_, end);
}

void FileContent::truncate(std::uint64_t size) {
  if (size < size_) {
    touch(size / kPageBytes, (size_ - 1) / kPageBytes);
    clear(size, size_);
  }
  size_ = size;
  chunks_.resize((size_ + kChunkBytes - 1) / kChunkBytes);
}

// Zeros [from, to). Whole chunks are left out: truncate() drops them.
void FileContent::clear(std::uint64_t from, std::uint64_t to) {
  const std::uint64_t index = from / kChunkBytes;
  if (index >= chunks_.size() || !chunks_[index]) return;
  const std::uint64_t begin = from % kChunkBytes;
  const std::uint64_t end = std::min(to - index * kChunkBytes, kChunkBytes);
  std::memset(chunks_[index].get() + begin, 0, end - begin);
}

char* FileContent::chunk_for_write(std::uint64_t index) {
  if (index >= chunks_.size()) chunks_.resize(index + 1);
  Bytes& chunk = chunks_[index];
  if (!chunk) chunk = std::make_unique<char[]>(kChunkBytes);  // zeros
  return chunk.get();
}

void FileContent::touch(std::uint64_t first_page, std::uint64_t last_page) {
  if (last_page / 64 >= touched_.size()) touched_.resize(last_page / 64 + 1);
  const std::uint64_t durable_pages = pages_of(durable_size_);
  for (std::uint64_t page = first_page; page <= last_page; ++page) {
    std::uint64_t& bits = touched_[page / 64];
    const std::uint64_t bit = std::uint64_t{1} << page % 64;
    if ((bits & bit) != 0) continue;
    bits |= bit;
    Bytes durable;
    const std::uint64_t offset = page * kPageBytes;
    if (page < durable_pages && chunks_[offset / kChunkBytes]) {
      if (spare_.empty()) {
        durable.reset(new char[kPageBytes]);
      } else {
        durable = std::move(spare_.back());
        spare_.pop_back();
      }
      std::memcpy(durable.get(), chunks_[offset / kChunkBytes].get() + offset % kChunkBytes,
                  kPageBytes);
    }
    unsynced_.push_back({page, std::move(durable)});
  }
}

void FileContent::sync() {
  forget_unsynced();
  durable_size_ = size_;
}

void FileContent::forget_unsynced() {
  for (UnsyncedPage& unsynced : unsynced_) {
    touched_[unsynced.page / 64] &= ~(std::uint64_t{1} << unsynced.page % 64);
    if (unsynced.durable && spare_.size() < kSpareBuffers) {
      spare_.push_back(std::move(unsynced.durable));
    }
  }
  unsynced_.clear();
}

void FileContent::lose_power(const PowerLoss& loss) {
  // If a truncation did not reach the medium, nothing behind its place did.
  std::uint64_t reached = UINT64_MAX;
  if (size_ < durable_size_ && !loss.keeps_truncation(number_)) {
    reached = size_;
    truncate(durable_size_);
  }
  // A file that grew ends behind the last page that was kept.
  std::uint64_t end = std::min(size_, durable_size_);
  for (const UnsyncedPage& unsynced : unsynced_) {
    const std::uint64_t offset = unsynced.page * kPageBytes;
    if (offset >= size_) continue;
    const PageFate fate =
        offset + kPageBytes > reached ? PageFate::lost : loss.fate(number_, unsynced.page);
    if (fate != PageFate::lost) end = std::max(end, std::min(offset + kPageBytes, size_));
    resolve(unsynced, fate, loss);
  }
  forget_unsynced();
  durable_size_ = end;
  truncate(end);
  sync();
}

void FileContent::resolve(const UnsyncedPage& unsynced, PageFate fate, const PowerLoss& loss) {
  if (fate == PageFate::kept) return;
  const std::uint64_t offset = unsynced.page * kPageBytes;
  char* page = chunk_for_write(offset / kChunkBytes) + offset % kChunkBytes;
  for (std::uint64_t sector = 0; sector < kPageBytes / kSectorBytes; ++sector) {
    if (fate == PageFate::torn && loss.keeps_sector(number_, unsynced.page, sector)) continue;
    char* to = page + sector * kSectorBytes;
    if (unsynced.durable) {
      std::memcpy(to, unsynced.durable.get() + sector * kSectorBytes, kSectorBytes);
    } else {
      std::memset(to, 0, kSectorBytes);
    }
  }
}

void FileContent::flip_bit(std::uint64_t offset, int bit) {
  CHECK(offset < size_);
  CHECK(bit >= 0 && bit < 8);
  char* chunk = chunk_for_write(offset / kChunkBytes);
  chunk[offset % kChunkBytes] =
      static_cast<char>(static_cast<unsigned char>(chunk[offset % kChunkBytes]) ^ (1u << bit));
}

}  // namespace holdfast::harness
