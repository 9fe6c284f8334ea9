// A set of configurations of a search, each a fixed number of 64-bit words, in one arena.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

#include "node/base/random.h"

namespace holdfast::checkers {

class Configurations {
 public:
  explicit Configurations(std::size_t words) : words_(words) { table_.assign(16, kFree); }

  std::size_t size() const { return count_; }
  std::uint64_t* at(std::size_t i) { return arena_.data() + i * words_; }
  const std::uint64_t* at(std::size_t i) const { return arena_.data() + i * words_; }
  std::size_t bytes() const {
    return arena_.capacity() * sizeof(std::uint64_t) + table_.capacity() * sizeof(std::uint32_t);
  }

  // False if it is there already. `config` must not point into this set.
  bool insert(const std::uint64_t* config) {
    if (count_ * 2 >= table_.size()) grow();
    const std::size_t mask = table_.size() - 1;
    std::size_t at = hash(config) & mask;
    while (table_[at] != kFree) {
      if (std::memcmp(this->at(table_[at]), config, words_ * sizeof(std::uint64_t)) == 0) {
        return false;
      }
      at = (at + 1) & mask;
    }
    table_[at] = static_cast<std::uint32_t>(count_++);
    arena_.insert(arena_.end(), config, config + words_);
    return true;
  }

  void clear() {
    // A big table is not worth wiping for a few entries.
    if (count_ * 8 < table_.size()) {
      table_.assign(std::bit_ceil(std::max<std::size_t>(16, count_ * 4)), kFree);
    } else {
      std::fill(table_.begin(), table_.end(), kFree);
    }
    arena_.clear();
    count_ = 0;
  }

  // Two words at a time, by products that do not wait for each other.
  std::uint64_t hash(const std::uint64_t* config) const {
    __extension__ using Wide = unsigned __int128;
    std::uint64_t h = words_;
    std::uint64_t salt = 0x9e3779b97f4a7c15ULL;
    for (std::size_t i = 0; i < words_; i += 2) {
      const std::uint64_t other = i + 1 < words_ ? config[i + 1] : 0;
      const Wide product = static_cast<Wide>(config[i] ^ salt) * (other ^ 0xd6e8feb86659fd93ULL);
      h += static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
      salt += 0x9e3779b97f4a7c15ULL;
    }
    return mix64(h);
  }

 private:
  static constexpr std::uint32_t kFree = 0xffffffff;

  void grow() {
    table_.assign(table_.size() * 2, kFree);
    const std::size_t mask = table_.size() - 1;
    for (std::size_t i = 0; i < count_; ++i) {
      std::size_t place = hash(at(i)) & mask;
      while (table_[place] != kFree) place = (place + 1) & mask;
      table_[place] = static_cast<std::uint32_t>(i);
    }
  }

  std::size_t words_;
  std::size_t count_ = 0;
  std::vector<std::uint64_t> arena_;
  std::vector<std::uint32_t> table_;
};

}  // namespace holdfast::checkers
