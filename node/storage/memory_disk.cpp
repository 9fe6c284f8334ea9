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
    contents_->will_write(offset, size);
    if (offset + size > bytes.size()) bytes.resize(offset + size, '\0');
    std::memcpy(bytes.data() + offset, from, size);
    return DiskStatus::ok;
  }

  DiskStatus truncate(std::uint64_t size) override {
    if (const DiskStatus status = disk_.call(); status != DiskStatus::ok) return status;
    std::string& bytes = contents_->bytes;
    if (size < bytes.size()) contents_->will_write(size, bytes.size() - size);
    bytes.resize(size, '\0');
    return DiskStatus::ok;
  }

  DiskStatus sync() override {
    const DiskStatus status = disk_.call();
    if (status == DiskStatus::ok) contents_->synced();
    return status;
  }

  std::uint64_t size() const override { return contents_->bytes.size(); }

 private:
  MemoryDisk& disk_;
  std::shared_ptr<MemoryDisk::Contents> contents_;
};

void MemoryDisk::Contents::will_write(std::uint64_t offset, std::size_t size) {
  if (size == 0) return;
  for (std::uint64_t page = offset / kPage; page <= (offset + size - 1) / kPage; ++page) {
    if (before.contains(page)) continue;
    const std::size_t start = std::min<std::size_t>(page * kPage, bytes.size());
    before.emplace(page, bytes.substr(start, kPage));
  }
}

void MemoryDisk::Contents::synced() {
  before.clear();
  synced_size = bytes.size();
}

void MemoryDisk::Contents::lose_power(Random& random) {
  // From what is certainly on the disk, put back each unsynced page as the power loss left it.
  std::string after = bytes;
  after.resize(std::max<std::size_t>(bytes.size(), synced_size), '\0');
  std::size_t end = std::min<std::size_t>(bytes.size(), synced_size);
  for (const auto& [page, old] : before) {
    std::string was = old;
    was.resize(kPage, '\0');
    const std::uint64_t fate = random.below(3);
    for (std::size_t sector = 0; sector < kPage; sector += kSector) {
      const std::size_t at = page * kPage + sector;
      if (at >= after.size()) break;
      const bool kept = fate == 0 || (fate == 1 && random.chance(1, 2));
      const std::size_t size = std::min(kSector, after.size() - at);
      if (!kept) {
        std::memcpy(after.data() + at, was.data() + sector, size);
        if (at < synced_size) end = std::max(end, std::min<std::size_t>(at + size, synced_size));
      } else if (at < bytes.size()) {
        end = std::max(end, std::min(at + size, bytes.size()));
      }
    }
  }
  after.resize(end, '\0');
  bytes = std::move(after);
  synced();
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
