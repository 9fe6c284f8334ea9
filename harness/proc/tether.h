// What ties nodes of this machine to the harness: the pages of memory by which it moves their
// clocks and fails their disks, and a pipe whose end tells them that the harness is gone.
#pragma once

#include <utility>

#include "nemesis/linux/clocks.h"
#include "nemesis/linux/descriptor.h"
#include "nemesis/linux/disks.h"
#include "node/base/result.h"

namespace holdfast::harness {

class Tether {
 public:
  static Result<Tether> make();

  nemesis::Clocks& clocks() { return clocks_; }
  const nemesis::Clocks& clocks() const { return clocks_; }
  nemesis::Disks& disks() { return disks_; }
  // For nodes to inherit.
  int clock_fd() const { return clocks_.fd(); }
  int disk_fd() const { return disks_.fd(); }
  // For nodes to read: it ends with this object, or with its process.
  int lifeline() const { return reading_.get(); }

 private:
  Tether(nemesis::Clocks clocks, nemesis::Disks disks, nemesis::Descriptor reading,
         nemesis::Descriptor writing)
      : clocks_(std::move(clocks)),
        disks_(std::move(disks)),
        reading_(std::move(reading)),
        writing_(std::move(writing)) {}

  nemesis::Clocks clocks_;
  nemesis::Disks disks_;
  nemesis::Descriptor reading_;
  nemesis::Descriptor writing_;
};

}  // namespace holdfast::harness
