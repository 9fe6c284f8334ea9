#include "node/storage/stored_file.h"

#include <cstring>
#include <utility>

#include "node/base/check.h"

namespace holdfast::node {
namespace {

constexpr std::size_t kFrameSize = kFrameHeaderSize + kPageSize;
constexpr std::size_t kSaltsOffset = 16;  // in the log's header
// A frame's header tells the database's size in pages where a transaction ends, and zero elsewhere.
constexpr std::size_t kCommitOffset = 4;
constexpr std::size_t kMostGathered = std::size_t{256} << 10;

}  // namespace

StoredFile::StoredFile(std::string name, std::unique_ptr<File> file, Failure& failure)
    : name_(std::move(name)),
      file_(std::move(file)),
      failure_(failure),
      // Who wrote it before may have died before a sync.
      unsynced_(file_->size() > 0) {}

int StoredFile::failed(DiskStatus status, const char* what) {
  switch (status) {
    case DiskStatus::ok:
      return SQLITE_OK;
    case DiskStatus::full:
      failure_.set(StoreStatus::full, name_ + ": " + what + ": no space left on the disk");
      return SQLITE_FULL;
    case DiskStatus::io_error:
    case DiskStatus::not_found:
      break;
  }
  failure_.set(StoreStatus::io_error, name_ + ": " + what + " failed");
  return SQLITE_IOERR;
}

int StoredFile::damaged(const char* unit, std::uint64_t number) {
  failure_.set(StoreStatus::corrupt,
               name_ + ": " + unit + " " + std::to_string(number) + " does not match its checksum");
  return SQLITE_IOERR_DATA;
}

int StoredFile::read(std::uint64_t offset, char* to, std::size_t size) {
  if (const int result = flush(); result != SQLITE_OK) return result;
  std::size_t got = 0;
  const DiskStatus status = file_->read(offset, to, size, got);
  if (status != DiskStatus::ok) return failed(status, "read");
  if (got == size) return SQLITE_OK;
  std::memset(to + got, 0, size - got);
  return SQLITE_IOERR_SHORT_READ;
}

int StoredFile::write(std::uint64_t offset, const char* from, std::size_t size) {
  unsynced_ = true;
  const bool goes_on = offset == gathered_at_ + gathered_.size();
  if (!goes_on || gathered_.size() + size > kMostGathered) {
    if (const int result = flush(); result != SQLITE_OK) return result;
  }
  if (gathered_.empty()) gathered_at_ = offset;
  gathered_.append(from, size);
  return SQLITE_OK;
}

int StoredFile::flush() {
  if (gathered_.empty()) return SQLITE_OK;
  const DiskStatus status = file_->write(gathered_at_, gathered_.data(), gathered_.size());
  gathered_.clear();
  return failed(status, "write");
}

int StoredFile::sync() {
  if (const int result = flush(); result != SQLITE_OK) return result;
  const int result = failed(file_->sync(), "sync");
  if (result == SQLITE_OK) unsynced_ = false;
  return result;
}

int StoredFile::size(std::uint64_t& size) {
  const int result = flush();
  size = file_->size();
  return result;
}

int StoredFile::truncate(std::uint64_t size) {
  if (const int result = flush(); result != SQLITE_OK) return result;
  if (size == file_->size()) return SQLITE_OK;
  unsynced_ = true;
  return failed(file_->truncate(size), "truncate");
}

int PageFile::read(std::uint64_t offset, char* to, std::size_t size) {
  const int result = StoredFile::read(offset, to, size);
  if (result != SQLITE_OK) return result;
  if (size != kPageSize || offset % kPageSize != 0) {
    // SQLite looks at the 100-byte header before it knows the page size. Whatever it asks for
    // beyond that with another page size comes from a damaged header.
    return offset + size <= 100 ? SQLITE_OK : damaged("page", 1);
  }
  const std::uint64_t number = offset / kPageSize + 1;
  if (!is_sound_page(to, number)) return damaged("page", number);
  clear_stamp(to);
  return SQLITE_OK;
}

int PageFile::write(std::uint64_t offset, const char* from, std::size_t size) {
  CHECK(size == kPageSize && offset % kPageSize == 0);
  std::memcpy(stamped_, from, kPageSize);
  stamp_page(stamped_, offset / kPageSize + 1);
  return StoredFile::write(offset, stamped_, kPageSize);
}

LogFile::LogFile(std::string name, std::unique_ptr<File> file, Failure& failure, SyncedMark mark)
    : StoredFile(std::move(name), std::move(file), failure), mark_(std::move(mark)) {}

int LogFile::read(std::uint64_t offset, char* to, std::size_t size) {
  const int result = StoredFile::read(offset, to, size);
  if (result != SQLITE_OK) return result;
  if (size < kPageSize || offset < kLogHeaderSize) {
    if (offset == 0 && size >= kLogHeaderSize) {
      std::memcpy(salts_.data(), to + kSaltsOffset, salts_.size());
    }
    return SQLITE_OK;
  }
  const std::uint64_t frame = (offset - kLogHeaderSize) / kFrameSize;
  if (frame >= checksums_.size()) checksums_.resize(frame + 1, 0);
  std::uint64_t& known = checksums_[frame];
  const std::uint64_t sum = page_checksum(to + size - kPageSize);
  if (known == 0) known = sum;
  return known == sum ? SQLITE_OK : damaged("frame", frame + 1);
}

int LogFile::write(std::uint64_t offset, const char* from, std::size_t size) {
  const int result = StoredFile::write(offset, from, size);
  if (result != SQLITE_OK) return result;
  if (offset == 0) {  // a new log over the old one
    std::memcpy(salts_.data(), from + kSaltsOffset, salts_.size());
    frames_ = frames_marked_ = 0;
    return flush();
  }
  const std::uint64_t frame = (offset - kLogHeaderSize) / kFrameSize;
  if (size == kFrameHeaderSize) {
    std::uint32_t pages;
    std::memcpy(&pages, from + kCommitOffset, sizeof pages);
    ends_transaction_ = pages != 0;
    // Of a frame that was there before: SQLite changed its page, and now its checksum.
    return frame < frames_ ? flush() : SQLITE_OK;
  }
  if (size != kPageSize) return flush();
  if (frame >= checksums_.size()) checksums_.resize(frame + 1, 0);
  checksums_[frame] = page_checksum(from);
  if (frame + 1 > frames_) frames_ = frame + 1;
  return ends_transaction_ ? flush() : SQLITE_OK;
}

int LogFile::sync() {
  const int result = StoredFile::sync();
  if (result != SQLITE_OK || frames_ == frames_marked_) return result;
  frames_marked_ = frames_;
  return failed(mark_.write(salts_, frames_), "noting the sync");
}

}  // namespace holdfast::node
