// Finds operations: a write by its id, and all of a key's reads and writes. Built once for all
// checkers, in linear time; 12 to 16 bytes an operation.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "checkers/checker.h"
#include "checkers/history.h"

namespace holdfast::checkers {

class WriteIndex {
 public:
  explicit WriteIndex(const History& history);

  // The write or delete of that id; kNoOperation if nobody issued it. Of several with one id (a
  // broken history) the first.
  OperationIndex find(OperationId id) const;
  // In the order of their invocations. Keys that no operation named have none.
  std::span<const OperationIndex> writes_of(KeyId key) const { return of(writes_, key); }
  std::span<const OperationIndex> reads_of(KeyId key) const { return of(reads_, key); }

 private:
  struct Grouped {
    std::vector<OperationIndex> operations;
    std::vector<OperationIndex> first;  // [key], and one more
  };
  void group(const History& history, bool writes, Grouped& to) const;
  void index_ids(const History& history);
  static std::span<const OperationIndex> of(const Grouped& grouped, KeyId key);

  const History& history_;
  Grouped writes_;
  Grouped reads_;
  std::vector<OperationIndex> slots_;  // open addressing, a power of two
};

}  // namespace holdfast::checkers
