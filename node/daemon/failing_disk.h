// A disk that fails as a harness's disk page says.
#pragma once

#include <memory>
#include <utility>

#include "node/base/disk_page.h"
#include "node/base/ids.h"
#include "node/storage/disk.h"

namespace holdfast::node {

class FailingDisk : public Disk {
 public:
  // The disk below and the page must outlive it.
  FailingDisk(Disk& below, const DiskPage& page, NodeId node)
      : below_(below), page_(page), node_(node) {}

  std::unique_ptr<File> open(std::string_view name, bool create, DiskStatus& status) override;
  bool exists(std::string_view name) override { return below_.exists(name); }
  DiskStatus remove(std::string_view name) override { return below_.remove(name); }
  DiskStatus rename(std::string_view from, std::string_view to) override {
    return below_.rename(from, to);
  }

 private:
  Disk& below_;
  const DiskPage& page_;
  NodeId node_;
};

}  // namespace holdfast::node
