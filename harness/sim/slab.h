// Objects under small numbers: a slot is reused after its object is taken, an object never moves.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "node/base/check.h"

namespace holdfast::harness {

template <class T>
class Slab {
 public:
  std::uint32_t add(T&& value) {
    if (free_.empty()) grow();
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    (*this)[slot] = std::move(value);
    return slot;
  }
  T& operator[](std::uint32_t slot) { return chunks_[slot / kChunk][slot % kChunk]; }
  // The slot may be given out again by the next add(). What the object holds lives on until then.
  void release(std::uint32_t slot) { free_.push_back(slot); }
  std::size_t used() const { return chunks_.size() * kChunk - free_.size(); }

 private:
  static constexpr std::uint32_t kChunk = 256;

  void grow() {
    CHECK(chunks_.size() < (1u << 24) / kChunk);
    const auto first = static_cast<std::uint32_t>(chunks_.size()) * kChunk;
    chunks_.push_back(std::make_unique<T[]>(kChunk));
    // The lowest slot is given out first.
    for (std::uint32_t i = kChunk; i > 0; --i) free_.push_back(first + i - 1);
  }

  std::vector<std::unique_ptr<T[]>> chunks_;
  std::vector<std::uint32_t> free_;
};

}  // namespace holdfast::harness
