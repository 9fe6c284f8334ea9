// Tombstones that may have been purged by now: with a grace, a delete older than it leaves no
// trace, and its absence says nothing against it.
#pragma once

#include "checkers/checker.h"
#include "checkers/write_index.h"

namespace holdfast::checkers {

class Purge {
 public:
  Purge(const Inputs& inputs, const WriteIndex& writes);

  // Whether the tombstone of this delete may be gone when the dumps were made.
  bool is_due(const Operation& operation) const;

  struct OfKey {
    Version newest;  // of the deletes that are due; unset: none
  };
  // A delete of unknown outcome may have had any version: it explains every absence.
  OfKey of_key(KeyId key) const;

 private:
  const Inputs& inputs_;
  const WriteIndex& writes_;
  Duration gain_{0};  // how much more than true time a node's clock may have shown to pass
};

}  // namespace holdfast::checkers
