// Sorts what is almost in order, as recorded histories are: by insertion, which gives up in time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

namespace holdfast::checkers {

// Not stable. REQUIRES: `less` is a strict weak order.
template <class T, class Less>
void sort_almost_sorted(std::span<T> all, Less&& less) {
  std::size_t moves = 0;
  const std::size_t most = all.size() * 16;
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (!less(all[i], all[i - 1])) continue;
    const T one = all[i];
    std::size_t at = i;
    for (; at > 0 && less(one, all[at - 1]) && moves <= most; --at, ++moves) all[at] = all[at - 1];
    all[at] = one;
    if (moves > most) {
      std::sort(all.begin(), all.end(), less);
      return;
    }
  }
}

}  // namespace holdfast::checkers
