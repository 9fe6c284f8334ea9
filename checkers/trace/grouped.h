// Rows in groups, each group's in the order of their sources: a counting sort, in one memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include "checkers/trace/parallel.h"

namespace holdfast::checkers {

inline constexpr std::uint32_t kLeftOut = 0xffffffff;

template <class Row>
class Grouped {
  static_assert(std::is_trivially_destructible_v<Row> && alignof(Row) <= 16);

 public:
  // Each source i below `count` becomes row_of(i) in group_of(i), which is below `groups`, or is
  // kLeftOut. Both are called on up to `threads` threads (0: one a core).
  template <class GroupOf, class RowOf>
  Grouped(std::size_t groups, std::uint32_t count, unsigned threads, GroupOf&& group_of,
          RowOf&& row_of)
      : memory_(std::make_unique_for_overwrite<std::byte[]>(count * sizeof(Row))),
        first_(groups + 1, 0) {
    const std::size_t chunks = chunks_of(count, thread_count(threads));
    if (groups == 1 && chunks == 1) {  // needs no counting
      for (std::uint32_t i = 0; i < count; ++i) {
        if (group_of(i) != kLeftOut) std::construct_at(rows() + first_[1]++, row_of(i));
      }
      return;
    }
    const auto begin = [&](std::size_t chunk) {
      return static_cast<std::uint32_t>(std::uint64_t{count} * chunk / chunks);
    };
    std::vector<std::vector<std::uint32_t>> next(chunks);
    for_each_in_parallel(chunks, threads, [&](std::size_t chunk) {
      next[chunk].assign(groups, 0);
      for (std::uint32_t i = begin(chunk); i < begin(chunk + 1); ++i) {
        const std::uint32_t group = group_of(i);
        if (group != kLeftOut) ++next[chunk][group];
      }
    });
    place(next);
    for_each_in_parallel(chunks, threads, [&](std::size_t chunk) {
      for (std::uint32_t i = begin(chunk); i < begin(chunk + 1); ++i) {
        const std::uint32_t group = group_of(i);
        if (group != kLeftOut) std::construct_at(rows() + next[chunk][group]++, row_of(i));
      }
    });
  }

  std::uint32_t groups() const { return static_cast<std::uint32_t>(first_.size() - 1); }
  std::span<Row> of(std::uint32_t group) {
    return {rows() + first_[group], first_[group + 1] - first_[group]};
  }
  std::span<const Row> of(std::uint32_t group) const {
    return {rows() + first_[group], first_[group + 1] - first_[group]};
  }
  std::span<const Row> all() const { return {rows(), first_.back()}; }
  // Where a group begins in all().
  std::uint32_t first(std::uint32_t group) const { return first_[group]; }

 private:
  // Small inputs are not worth a thread, nor tables of counts that are larger than the rows.
  std::size_t chunks_of(std::size_t count, std::size_t threads) const {
    const std::size_t most = std::min(count / 32'768, count / first_.size() * 4);
    return std::clamp<std::size_t>(most, 1, threads);
  }

  // From the counts of each chunk to where it puts its first row of each group.
  void place(std::vector<std::vector<std::uint32_t>>& counts) {
    std::uint32_t at = 0;
    for (std::size_t group = 0; group + 1 < first_.size(); ++group) {
      first_[group] = at;
      for (std::vector<std::uint32_t>& chunk : counts) {
        const std::uint32_t rows = chunk[group];
        chunk[group] = at;
        at += rows;
      }
    }
    first_.back() = at;
  }

  Row* rows() { return reinterpret_cast<Row*>(memory_.get()); }
  const Row* rows() const { return reinterpret_cast<const Row*>(memory_.get()); }

  std::unique_ptr<std::byte[]> memory_;  // Rows, not to be written twice
  std::vector<std::uint32_t> first_;     // of each group, and one more
};

}  // namespace holdfast::checkers
