#include "node/daemon/revertible_disk.h"

#include <algorithm>
#include <utility>

#include "node/base/hash.h"
#include "node/base/random.h"
#include "node/daemon/undo_log.h"

namespace holdfast::node {
namespace {

std::string log_name(std::string_view name) { return std::string(name) + ".undo"; }

class RevertibleFile : public File {
 public:
  RevertibleFile(std::unique_ptr<File> below, std::unique_ptr<File> log)
      : below_(std::move(below)), log_(std::move(log)) {}

  DiskStatus revert(std::uint64_t seed) { return log_.revert(*below_, seed); }

  DiskStatus read(std::uint64_t offset, char* to, std::size_t size, std::size_t& got) override {
    return below_->read(offset, to, size, got);
  }
  DiskStatus write(std::uint64_t offset, const char* from, std::size_t size) override {
    // What fills a gap changes too.
    const std::uint64_t begin = std::min(offset, below_->size());
    const DiskStatus status = log_.remember(*below_, begin, offset + size);
    return status == DiskStatus::ok ? below_->write(offset, from, size) : status;
  }
  DiskStatus truncate(std::uint64_t size) override {
    const std::uint64_t now = below_->size();
    const DiskStatus status = log_.remember(*below_, std::min(size, now), std::max(size, now));
    return status == DiskStatus::ok ? below_->truncate(size) : status;
  }
  DiskStatus sync() override {
    const DiskStatus status = below_->sync();
    return status == DiskStatus::ok ? log_.forget() : status;
  }
  std::uint64_t size() const override { return below_->size(); }

 private:
  std::unique_ptr<File> below_;
  UndoLog log_;
};

}  // namespace

std::unique_ptr<File> RevertibleDisk::open(std::string_view name, bool create, DiskStatus& status) {
  std::unique_ptr<File> file = below_.open(name, create, status);
  if (!file) return nullptr;
  std::unique_ptr<File> log = below_.open(log_name(name), true, status);
  if (!log) return nullptr;
  auto revertible = std::make_unique<RevertibleFile>(std::move(file), std::move(log));
  if (power_loss_) status = revertible->revert(mix64(*power_loss_ + hash64(name)));
  if (status != DiskStatus::ok) return nullptr;
  return revertible;
}

DiskStatus RevertibleDisk::remove(std::string_view name) {
  const DiskStatus status = below_.remove(name);
  const std::string log = log_name(name);
  return status == DiskStatus::ok && below_.exists(log) ? below_.remove(log) : status;
}

DiskStatus RevertibleDisk::rename(std::string_view from, std::string_view to) {
  const DiskStatus status = below_.rename(from, to);
  const std::string log = log_name(from);
  if (status == DiskStatus::ok && below_.exists(log)) return below_.rename(log, log_name(to));
  return status;
}

}  // namespace holdfast::node
