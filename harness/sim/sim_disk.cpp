#include "harness/sim/sim_disk.h"

#include "node/base/check.h"
#include "node/base/hash.h"

namespace holdfast::harness {

using nemesis::DiskFault;
using node::DiskStatus;

// An open file. It keeps a removed file's content alive, as an open descriptor does.
class SimFile : public node::File {
 public:
  SimFile(SimDisk& disk, std::shared_ptr<FileContent> content)
      : disk_(disk), content_(std::move(content)) {}

  DiskStatus read(std::uint64_t offset, char* to, std::size_t size, std::size_t& got) override {
    got = 0;
    if (!disk_.admit()) return DiskStatus::io_error;
    got = content_->read(offset, to, size);
    return DiskStatus::ok;
  }
  DiskStatus write(std::uint64_t offset, const char* from, std::size_t size) override {
    return disk_.write(*content_, offset, from, size);
  }
  DiskStatus truncate(std::uint64_t size) override { return disk_.truncate(*content_, size); }
  DiskStatus sync() override { return disk_.sync(*content_); }
  std::uint64_t size() const override { return content_->size(); }

 private:
  SimDisk& disk_;
  std::shared_ptr<FileContent> content_;
};

SimDisk::SimDisk(std::uint64_t seed, NodeId node, const DiskOptions& options)
    : seed_(derive_seed(seed, "disk", node)), options_(options) {
  CHECK(options.sync_min.count() >= 0);
  CHECK(options.sync_min <= options.sync_max);
}

std::unique_ptr<node::File> SimDisk::open(std::string_view name, bool create, DiskStatus& status) {
  status = DiskStatus::io_error;
  if (!admit()) return nullptr;
  auto found = files_.find(name);
  if (found == files_.end()) {
    status = DiskStatus::not_found;
    if (!create) return nullptr;
    // Keyed by name, so that a file made anew draws as its predecessor would have.
    const std::uint64_t number = mix64(hash64(name) + files_made_++);
    found = files_.emplace(name, std::make_shared<FileContent>(number)).first;
  }
  status = DiskStatus::ok;
  return std::make_unique<SimFile>(*this, found->second);
}

bool SimDisk::exists(std::string_view name) { return admit() && files_.contains(name); }

DiskStatus SimDisk::remove(std::string_view name) {
  if (!admit()) return DiskStatus::io_error;
  const auto found = files_.find(name);
  if (found == files_.end()) return DiskStatus::not_found;
  files_.erase(found);
  return DiskStatus::ok;
}

DiskStatus SimDisk::rename(std::string_view from, std::string_view to) {
  if (!admit()) return DiskStatus::io_error;
  const auto found = files_.find(from);
  if (found == files_.end()) return DiskStatus::not_found;
  std::shared_ptr<FileContent> content = std::move(found->second);
  files_.erase(found);
  files_.insert_or_assign(std::string(to), std::move(content));
  return DiskStatus::ok;
}

DiskStatus SimDisk::write(FileContent& file, std::uint64_t offset, const char* from,
                          std::size_t size) {
  // If the power goes in the middle of this call, its pages are under way like all others.
  if (calls_until_loss_ == 1 && attached_) file.write(offset, from, size);
  if (!admit()) return DiskStatus::io_error;
  if (fault_ == DiskFault::io_error) return DiskStatus::io_error;
  if (fault_ == DiskFault::full && offset + size > file.size()) return DiskStatus::full;
  file.write(offset, from, size);
  return DiskStatus::ok;
}

DiskStatus SimDisk::truncate(FileContent& file, std::uint64_t size) {
  if (!admit() || fault_ == DiskFault::io_error) return DiskStatus::io_error;
  if (fault_ == DiskFault::full && size > file.size()) return DiskStatus::full;
  file.truncate(size);
  return DiskStatus::ok;
}

DiskStatus SimDisk::sync(FileContent& file) {
  if (!admit()) return DiskStatus::io_error;
  sync_time_ += sync_duration();
  ++syncs_;
  if (fault_ == DiskFault::io_error) {
    // What was not durable yet is in an unknown state, for ever: no later sync brings it back.
    file.lose_power(PowerLoss(derive_seed(seed_, "failed sync", syncs_)));
    return DiskStatus::io_error;
  }
  file.sync();
  return DiskStatus::ok;
}

void SimDisk::attach() {
  attached_ = true;
  lost_power_ = false;
  calls_until_loss_ = 0;
  sync_time_ = Duration{0};
}

void SimDisk::lose_power() {
  attached_ = false;
  lost_power_ = true;
  calls_until_loss_ = 0;
  const PowerLoss loss(derive_seed(seed_, "power loss", syncs_));
  for (auto& [name, content] : files_) content->lose_power(loss);
}

void SimDisk::wipe() {
  CHECK(!attached_);  // the process first, then its disk
  files_.clear();
}

void SimDisk::flip_bit() {
  const auto database = files_.find("node.db");
  if (database == files_.end() || database->second->size() == 0) return;
  Random random(derive_seed(seed_, "bit flip", flips_++));
  const std::uint64_t offset = random.below(database->second->size());
  database->second->flip_bit(offset, static_cast<int>(random.below(8)));
}

Duration SimDisk::sync_duration() const {
  Random random(derive_seed(seed_, "sync", syncs_));
  Duration duration(random.between(options_.sync_min.count(), options_.sync_max.count()));
  if (fault_ == DiskFault::slow_sync) duration += std::chrono::milliseconds(200);
  return duration;
}

Duration SimDisk::take_sync_time() { return std::exchange(sync_time_, Duration{0}); }

std::uint64_t SimDisk::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [name, content] : files_) sum += content->size();
  return sum;
}

}  // namespace holdfast::harness
