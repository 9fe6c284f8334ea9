#include "node/daemon/undo_log.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "node/base/hash.h"
#include "node/base/random.h"

namespace holdfast::node {
namespace {

constexpr std::uint64_t kMagic = 0x6f64'6e75'6668'3031;

std::string_view bytes_of(const auto& plain) {
  return {reinterpret_cast<const char*>(&plain), sizeof plain};
}

}  // namespace

UndoLog::UndoLog(std::unique_ptr<File> log) : log_(std::move(log)), end_(sizeof(Header)) { load(); }

void UndoLog::load() {
  std::size_t got = 0;
  const DiskStatus status = log_->read(0, reinterpret_cast<char*>(&header_), sizeof header_, got);
  if (status != DiskStatus::ok || got != sizeof header_ || header_.magic != kMagic) {
    header_ = {kMagic, 1, 0, 0};
  }
  if (header_.active == 0) return;
  Entry entry;
  for (std::string bytes; read(end_, entry, bytes);) {
    pages_.insert(entry.page);
    end_ += sizeof entry + entry.bytes;
  }
}

bool UndoLog::read(std::uint64_t place, Entry& entry, std::string& bytes) {
  std::size_t got = 0;
  if (log_->read(place, reinterpret_cast<char*>(&entry), sizeof entry, got) != DiskStatus::ok ||
      got != sizeof entry || entry.epoch != header_.epoch || entry.bytes > kPageBytes) {
    return false;
  }
  bytes.resize(entry.bytes);
  return log_->read(place + sizeof entry, bytes.data(), bytes.size(), got) == DiskStatus::ok &&
         got == bytes.size() && entry.checksum == hash64(bytes);
}

DiskStatus UndoLog::write_header() {
  return log_->write(0, bytes_of(header_).data(), sizeof header_);
}

DiskStatus UndoLog::remember(File& file, std::uint64_t offset, std::uint64_t end) {
  if (header_.active == 0) {
    header_.active = 1;
    header_.synced_bytes = file.size();
    if (const DiskStatus status = write_header(); status != DiskStatus::ok) return status;
  }
  std::string added;
  for (std::uint64_t page = offset / kPageBytes; page * kPageBytes < end; ++page) {
    if (pages_.contains(page)) continue;
    if (const DiskStatus status = append(file, page, added); status != DiskStatus::ok) {
      return status;
    }
  }
  if (added.empty()) return DiskStatus::ok;
  const DiskStatus status = log_->write(end_, added.data(), added.size());
  if (status == DiskStatus::ok) end_ += added.size();
  return status;
}

DiskStatus UndoLog::append(File& file, std::uint64_t page, std::string& added) {
  std::array<char, kPageBytes> old;
  const std::uint64_t begin = page * kPageBytes;
  const std::uint64_t synced = std::max(header_.synced_bytes, begin) - begin;
  std::size_t got = 0;
  const DiskStatus status =
      file.read(begin, old.data(), std::min<std::uint64_t>(synced, kPageBytes), got);
  if (status != DiskStatus::ok) return status;
  const std::string_view bytes(old.data(), got);
  added += bytes_of(Entry{header_.epoch, page, got, hash64(bytes)});
  added += bytes;
  pages_.insert(page);
  return DiskStatus::ok;
}

DiskStatus UndoLog::forget() {
  if (header_.active == 0) return DiskStatus::ok;
  header_.active = 0;
  ++header_.epoch;
  pages_.clear();
  end_ = sizeof(Header);
  return write_header();
}

// The same rules as those of the simulated disk (harness/sim/file_content.cpp).
DiskStatus UndoLog::revert(File& file, std::uint64_t seed) {
  if (header_.active == 0) return DiskStatus::ok;
  Random random(seed);
  std::uint64_t size = file.size();
  std::uint64_t reached = UINT64_MAX;
  DiskStatus status = DiskStatus::ok;
  if (size < header_.synced_bytes && random.below(2) == 0) {  // the truncation was not written
    reached = std::exchange(size, header_.synced_bytes);
    status = file.truncate(size);
  }
  std::uint64_t end = std::min(size, header_.synced_bytes);
  Entry entry;
  std::uint64_t place = sizeof(Header);
  for (std::string old; status == DiskStatus::ok && read(place, entry, old);) {
    place += sizeof entry + entry.bytes;
    const std::uint64_t fate = random.below(3);  // kept, lost, torn
    const std::uint64_t draw = random.next();
    const std::uint64_t page_end = entry.page * kPageBytes + kPageBytes;
    if (entry.page * kPageBytes >= size) continue;
    const bool lost = fate == 1 || page_end > reached;
    if (!lost) end = std::max(end, std::min(page_end, size));
    if (lost || fate == 2) status = resolve(file, entry, old, !lost, draw);
  }
  if (status == DiskStatus::ok) status = file.truncate(end);
  if (status == DiskStatus::ok) status = file.sync();
  return status == DiskStatus::ok ? forget() : status;
}

// Puts the old page back, or, of a torn one, those sectors that the draw says.
DiskStatus UndoLog::resolve(File& file, const Entry& entry, const std::string& old, bool torn,
                            std::uint64_t draw) {
  std::string page = old;
  page.resize(kPageBytes);
  const std::uint64_t begin = entry.page * kPageBytes;
  for (std::uint64_t at = 0; at < kPageBytes && begin + at < file.size(); at += kSectorBytes) {
    if (torn && (draw >> (at / kSectorBytes) & 1) != 0) continue;
    const std::uint64_t bytes = std::min(kSectorBytes, file.size() - begin - at);
    const DiskStatus status = file.write(begin + at, page.data() + at, bytes);
    if (status != DiskStatus::ok) return status;
  }
  return DiskStatus::ok;
}

}  // namespace holdfast::node
