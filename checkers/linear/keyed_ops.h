// The operations of a trace that can decide about linearizability, compact and grouped by key.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "checkers/linear/model.h"
#include "checkers/trace/trace.h"

namespace holdfast::checkers {

// 32 bytes: the checkers walk millions of them.
struct Item {
  std::int64_t call;
  std::int64_t ret;  // kNever_ns: unknown outcome
  Datum value;       // read, written, or a cas' new one
  std::uint32_t op;  // position in trace.ops
  Action action;
  bool ok;
};

// Left out: definite failures (they did not happen), and operations of unknown outcome that change
// nothing.
class KeyedOps {
 public:
  KeyedOps(const Trace& trace, const Model& model);
  std::uint32_t keys() const { return static_cast<std::uint32_t>(first_.size() - 1); }
  std::span<const Item> of(std::uint32_t key) const {
    return {items() + first_[key], first_[key + 1] - first_[key]};
  }

 private:
  std::vector<std::uint32_t> first_;  // of each key, and one more
  const Item* items() const { return reinterpret_cast<const Item*>(memory_.get()); }
  Item* items() { return reinterpret_cast<Item*>(memory_.get()); }

  std::unique_ptr<std::byte[]> memory_;  // Items, not to be written twice
};

}  // namespace holdfast::checkers
