#include "node/storage/memory_disk.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "node/base/check.h"

namespace holdfast::node {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kSector = 512;

}  // namespace

class MemoryFile final : public File {
 public:
  MemoryFile(MemoryDisk& disk, std::shared_ptr<MemoryDisk::Contents> contents)
      : disk_(disk), contents_(std::move(contents)) {}

  DiskStatus read(std::uint64_t offset, char* to, std::size_t size, std::size_t& got) override {
    got = 0;
    if (const DiskStatus status = disk_.call(); status != DiskStatus::ok) return status;
    const std::string& bytes = contents_->bytes;
    if (offset >= bytes.size()) return DiskStatus::ok;
    got = std::min<std::size_t>(size, bytes.size() - offset);
    std::memcpy(to, bytes.data() + offset, got);
    return DiskStatus::ok;
  }

  DiskStatus write(std::uint64_t offset, const char* from, std::size_t size) override {
    if (const DiskStatus status = disk_.call(); status != DiskStatus::ok) return status;
    std::string& bytes = contents_->bytes;
    if (offset + size > bytes.size()) {
      const std::uint64_t growth = offset + size - bytes.size();
      if (disk_.capacity_ != UINT64_MAX && disk_.used() + growth > disk_.capacity_) {
        return DiskStatus::full;
      }
    }
    if (offset + size > bytes.size()) bytes.resize(offset + size, '\0');
    std::memcpy(bytes.data() + offset, from, size);
    contents_->changed(offset, size);
    return DiskStatus::ok;
  }

  DiskStatus truncate(std::uint64_t size) override {
    if (const DiskStatus status = disk_.call(); status != DiskStatus::ok) return status;
    std::string& bytes = contents_->bytes;
    const std::uint64_t low = std::min<std::uint64_t>(size, bytes.size());
    const std::uint64_t high = std::max<std::uint64_t>(size, bytes.size());
    bytes.resize(size, '\0');
    contents_->changed(low, high - low);
    return DiskStatus::ok;
  }

  DiskStatus sync() override {
    const DiskStatus status = disk_.call();
    if (status == DiskStatus::ok) contents_->sync();
    return status;
  }

  std::uint64_t size() const override { return contents_->bytes.size(); }

 private:
  MemoryDisk& disk_;
  std::shared_ptr<MemoryDisk::Contents> contents_;
};

void MemoryDisk::Contents::changed(std::uint64_t offset, std::size_t size) {
  if (size == 0) return;
  for (std::uint64_t page = offset / kPage; page <= (offset + size - 1) / kPage; ++page) {
    unsynced_pages.insert(page);
  }
}

void MemoryDisk::Contents::sync() {
  synced.resize(bytes.size(), '\0');
  for (const std::uint64_t page : unsynced_pages) {
    const std::size_t start = page * kPage;
    if (start >= bytes.size()) break;
    std::memcpy(synced.data() + start, bytes.data() + start, std::min(kPage, bytes.size() - start));
  }
  unsynced_pages.clear();
}

void MemoryDisk::Contents::lose_power(Random& random) {
  // Take over what each unsynced page has become; the file ends with the last byte that remains.
  const std::string old = synced;
  std::size_t end = std::min(old.size(), bytes.size());
  synced.resize(std::max(old.size(), bytes.size()), '\0');
  for (const std::uint64_t page : unsynced_pages) {
    const std::uint64_t fate = random.below(3);
    for (std::size_t at = page * kPage; at < (page + 1) * kPage; at += kSector) {
      const bool kept = fate == 0 || (fate == 1 && random.chance(1, 2));
      const std::string& from = kept ? bytes : old;
      if (at >= from.size()) continue;
      const std::size_t size = std::min(kSector, from.size() - at);
      std::memcpy(synced.data() + at, from.data() + at, size);
      end = std::max(end, at + size);
    }
  }
  synced.resize(end, '\0');
  bytes = synced;
  unsynced_pages.clear();
}

std::unique_ptr<File> MemoryDisk::open(std::string_view name, bool create, DiskStatus& status) {
  status = call();
  if (status != DiskStatus::ok) return nullptr;
  auto found = files_.find(name);
  if (found == files_.end()) {
    if (!create) {
      status = DiskStatus::not_found;
      return nullptr;
    }
    found = files_.emplace(std::string(name), std::make_shared<Contents>()).first;
  }
  return std::make_unique<MemoryFile>(*this, found->second);
}

bool MemoryDisk::exists(std::string_view name) { return files_.find(name) != files_.end(); }

DiskStatus MemoryDisk::remove(std::string_view name) {
  if (const DiskStatus status = call(); status != DiskStatus::ok) return status;
  const auto found = files_.find(name);
  if (found == files_.end()) return DiskStatus::not_found;
  files_.erase(found);
  return DiskStatus::ok;
}

DiskStatus MemoryDisk::rename(std::string_view from, std::string_view to) {
  if (const DiskStatus status = call(); status != DiskStatus::ok) return status;
  const auto found = files_.find(from);
  if (found == files_.end()) return DiskStatus::not_found;
  auto contents = found->second;
  files_.erase(found);
  files_.insert_or_assign(std::string(to), std::move(contents));
  return DiskStatus::ok;
}

void MemoryDisk::power_loss(Random& random) {
  fail_count_ = 0;
  for (auto& [name, contents] : files_) contents->lose_power(random);
}

void MemoryDisk::fail_calls(std::uint64_t first, std::uint64_t count, DiskStatus status) {
  CHECK(first > 0);
  fail_first_ = calls_ + first;
  fail_count_ = count;
  fail_status_ = status;
}

std::uint64_t MemoryDisk::used() const {
  std::uint64_t sum = 0;
  for (const auto& [name, contents] : files_) sum += contents->bytes.size();
  return sum;
}

MemoryDisk MemoryDisk::copy() const {
  MemoryDisk result;
  for (const auto& [name, contents] : files_) {
    result.files_[name] =
        std::make_shared<Contents>(Contents{contents->bytes, contents->bytes, {}});
  }
  return result;
}

std::string& MemoryDisk::bytes(std::string_view name) {
  const auto found = files_.find(name);
  CHECK(found != files_.end());
  return found->second->bytes;
}

DiskStatus MemoryDisk::call() {
  ++calls_;
  const bool fails = calls_ >= fail_first_ && calls_ - fail_first_ < fail_count_;
  return fails ? fail_status_ : DiskStatus::ok;
}

}  // namespace holdfast::node
