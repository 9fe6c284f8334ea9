#include "node/daemon/failing_disk.h"

#include <unistd.h>

namespace holdfast::node {
namespace {

constexpr useconds_t kSlowSync = 200'000;

class FailingFile : public File {
 public:
  FailingFile(std::unique_ptr<File> below, const DiskPage& page, NodeId node)
      : below_(std::move(below)), page_(page), node_(node) {}

  DiskStatus read(std::uint64_t offset, char* to, std::size_t size, std::size_t& got) override {
    return below_->read(offset, to, size, got);
  }
  DiskStatus write(std::uint64_t offset, const char* from, std::size_t size) override {
    if (mode() == DiskMode::io_error) return DiskStatus::io_error;
    if (mode() == DiskMode::full && offset + size > below_->size()) return DiskStatus::full;
    return below_->write(offset, from, size);
  }
  DiskStatus truncate(std::uint64_t size) override {
    if (mode() == DiskMode::io_error) return DiskStatus::io_error;
    if (mode() == DiskMode::full && size > below_->size()) return DiskStatus::full;
    return below_->truncate(size);
  }
  DiskStatus sync() override {
    if (mode() == DiskMode::io_error) return DiskStatus::io_error;
    if (mode() == DiskMode::slow_sync) ::usleep(kSlowSync);
    return below_->sync();
  }
  std::uint64_t size() const override { return below_->size(); }

 private:
  DiskMode mode() const { return page_.mode(node_); }

  std::unique_ptr<File> below_;
  const DiskPage& page_;
  NodeId node_;
};

}  // namespace

std::unique_ptr<File> FailingDisk::open(std::string_view name, bool create, DiskStatus& status) {
  std::unique_ptr<File> file = below_.open(name, create, status);
  if (!file) return nullptr;
  return std::make_unique<FailingFile>(std::move(file), page_, node_);
}

}  // namespace holdfast::node
