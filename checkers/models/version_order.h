// The versions of a history by numbers: those of a key from its oldest to its newest, one key
// behind the other.
#pragma once

#include <cstdint>
#include <vector>

#include "checkers/trace/trace.h"

namespace holdfast::checkers {

class VersionOrder {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  // REQUIRES: the trace has versions, and outlives this. Definite failures have none.
  VersionOrder(const Trace& trace, unsigned threads);

  std::uint32_t size() const { return static_cast<std::uint32_t>(writer_.size()); }
  // What a write was given or a read saw; kNone if it has no version.
  std::uint32_t of(std::uint32_t op) const { return of_[op]; }
  // The first write that was given it, or kNone.
  std::uint32_t writer(std::uint32_t version) const { return writer_[version]; }
  // The next newer one of the same key, or kNone.
  std::uint32_t next(std::uint32_t version) const { return newest_[version] ? kNone : version + 1; }
  // The oldest one of a key, or kNone.
  std::uint32_t oldest(std::uint32_t key) const { return oldest_[key]; }
  // Whether the operation has a place among the versions of its key: behind one, or, a read of
  // nothing, before all.
  bool is_placed(std::uint32_t op) const {
    const Op& one = trace_.ops[op];
    if (one.action != Action::read) return of_[op] != kNone;
    return one.outcome == Outcome::ok && (of_[op] != kNone || one.output.is_nil());
  }

 private:
  const Trace& trace_;
  std::vector<std::uint32_t> of_;      // by op
  std::vector<std::uint32_t> writer_;  // by version
  std::vector<bool> newest_;           // by version: of its key
  std::vector<std::uint32_t> oldest_;  // by key
};

}  // namespace holdfast::checkers
