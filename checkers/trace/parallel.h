// Runs independent pieces of work on several threads: the only place of the checkers that knows
// threads. Each piece writes only its own result, so that no result depends on their number.
#pragma once

#include <cstddef>
#include <functional>

namespace holdfast::checkers {

// As many as there are cores, if `threads` is 0.
unsigned thread_count(unsigned threads);

// Calls work(i) for each i below `count`, in no order, on up to thread_count(threads) threads.
// Returns when all are done. `work` must not throw.
void for_each_in_parallel(std::size_t count, unsigned threads,
                          const std::function<void(std::size_t)>& work);

}  // namespace holdfast::checkers
