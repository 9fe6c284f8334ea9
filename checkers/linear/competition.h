// Depth-first search and forward search over all configurations, in competition on the same compact
// configurations. A lucky dive ends a valid history at once; the sweep is complete, keeps one layer
// in memory, and finds the earliest violation; before all, it tries to get by with few. They take
// turns by counted work, never by time.
//
// A Space knows one key's history and model:
//   words()                       of a configuration
//   events(), is_return(e)        the timeline
//   rewind(), forward(e), backward(e)   what is in flight
//   call(e, c)                    what a call changes in a configuration
//   pass(c, e, seen, meter, emit) calls emit(c') for each way to go on past the return e
//   cost(c)                       what a configuration has used up: less is better
//   keep_best(layer), note(e, layer), explain(e, layer), point(e)
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "checkers/linear/configurations.h"
#include "checkers/linear/search.h"

namespace holdfast::checkers {

struct Meter {
  std::uint64_t explored = 0;
  std::uint64_t most_explored = 0;
  std::uint64_t held_bytes = 0;  // outside the expansion in hand
  std::uint64_t most_bytes = 0;
  // Of one pass; a longer one ends early and says so.
  std::uint64_t most_expansions = 0;
  bool cut = false;

  const Limits* limits = nullptr;

  bool over(const Configurations& seen) const {
    return explored > most_explored || held_bytes + seen.bytes() > most_bytes || limits->stopped();
  }
};

template <class Space>
class Competition {
 public:
  Competition(Space& space, const Limits& limits)
      : space_(space), limits_(limits), words_(space.words()), seen_(words_) {
    meter_.most_bytes = limits.bytes;
    meter_.limits = &limits_;
  }

  SearchResult run() {
    SearchResult result;
    const std::uint64_t events = space_.events();
    if (!dive(events * 10 + 1000, kHurried) && !dive(events * 4 + 1000, kPatient) &&
        !sweep(result, kEasy, 4 * kEasy) && !sweep(result, 4, 12) && !sweep(result, 8, 12) &&
        !sweep(result, 8, 24) && !sweep(result, 64, 24) && !sweep(result, 2048, 24) &&
        !sweep(result, kMostWidth, kMostWidth) && !dive(limits_.configurations / 2, kPatient)) {
      result.verdict = SearchVerdict::unknown;
      result.reason = reason_;
    }
    result.explored = meter_.explored;
    return result;
  }

 private:
  static constexpr std::size_t kMostWidth = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::size_t kEasy = 512;  // a layer of most histories: no need to choose
  static constexpr std::size_t kMostBranches = 1 << 16;

  // Of a dive.
  struct Patience {
    std::uint64_t expansions;  // of one pass
    std::uint64_t stall;       // configurations without getting any further, then it is stuck
  };
  static constexpr Patience kHurried{12, 1000};
  static constexpr Patience kPatient{256, std::numeric_limits<std::uint64_t>::max() / 2};
  // What the stuck one goes back by, in events: at first; at most; before a sweep.
  static constexpr std::uint32_t kFirstJump = 64;
  static constexpr std::uint32_t kLastJump = 256;
  static constexpr std::uint32_t kRunUp = 256;
  static constexpr std::size_t kRepairWidth = 16;
  static constexpr std::size_t kRepairExpansions = 24;
  static constexpr std::uint32_t kMostRepairs = 3;  // of one place

  // Where a dive is: the configuration, the event before which it goes on, and the other ways.
  struct Path {
    std::uint32_t e = 0;
    std::vector<std::uint64_t> now;
    std::vector<std::uint32_t> branches;  // the event before which each goes on
    std::vector<std::uint64_t> stack;     // their configurations
  };
  struct Progress {
    std::uint32_t far = 0;    // the last event that was reached
    std::uint64_t until = 0;  // of meter_.explored: then it is stuck
    std::uint32_t stuck_at = 0;
    std::uint32_t jump = kFirstJump;
    std::uint32_t repairs = 0;  // that failed, in a row
  };

  // True if the result is known. Layers larger than `width` keep their best, and passes end after
  // `expansions`: enough to find that a history is valid, and complete if that never happened. What
  // is too narrow fails early, as a rule.
  bool sweep(SearchResult& result, std::size_t width, std::size_t expansions) {
    bool complete = true;
    space_.rewind();
    meter_.most_expansions = expansions;
    meter_.most_explored = meter_.explored + limits_.configurations;
    Configurations layer(words_);
    Configurations next(words_);
    layer.insert(std::vector<std::uint64_t>(words_, 0).data());
    for (std::uint32_t e = 0; e < space_.events(); ++e) {
      if (!space_.is_return(e)) {
        call_all(e, layer);
        continue;
      }
      next.clear();
      seen_.clear();
      for (std::size_t i = 0; i < layer.size(); ++i) {
        meter_.held_bytes = layer.bytes() + next.bytes();
        meter_.cut = false;
        space_.pass(layer.at(i), e, seen_, meter_, [&](const std::uint64_t* c) { next.insert(c); });
        complete = complete && !meter_.cut;
        if (width == kEasy && (meter_.cut || next.size() > 4 * kEasy)) return false;
        if (meter_.over(seen_)) {
          reason_ = why_over();
          result.proven_until = std::max(result.proven_until, space_.point(e));
          return false;
        }
      }
      meter_.explored += next.size();
      if (next.size() == 0) {
        if (!complete) return false;
        result.verdict = SearchVerdict::invalid;
        result.violation = space_.explain(e, layer);
        return true;
      }
      space_.forward(e);
      // What is far too much is not worth being compared pair by pair.
      if (width != kEasy && width != kMostWidth && next.size() > 2 * width) {
        complete = false;
        shrink(next, 2 * width);
      }
      space_.keep_best(next);
      if (next.size() > width) {
        if (width == kEasy) return false;
        complete = false;
        shrink(next, width);
      }
      std::swap(layer, next);
      space_.note(e, layer);
    }
    return true;
  }

  void call_all(std::uint32_t e, Configurations& layer) {
    space_.forward(e);
    // The layer's hash table goes stale, but nothing is inserted before it is cleared.
    for (std::size_t i = 0; i < layer.size(); ++i) space_.call(e, layer.at(i));
  }
  void pass_all(std::uint32_t e, const Configurations& layer, Configurations& next) {
    next.clear();
    seen_.clear();
    for (std::size_t i = 0; i < layer.size(); ++i) {
      space_.pass(layer.at(i), e, seen_, meter_, [&](const std::uint64_t* c) { next.insert(c); });
    }
  }

  std::string why_over() const {
    if (limits_.stopped()) return "the search was stopped";
    return meter_.explored > meter_.most_explored
               ? "explored " + std::to_string(limits_.configurations) + " configurations"
               : "the configurations need more than " + std::to_string(limits_.bytes) + " bytes";
  }

  void shrink(Configurations& layer, std::size_t width) {
    ranked_.clear();
    for (std::uint32_t i = 0; i < layer.size(); ++i) {
      ranked_.emplace_back(space_.cost(layer.at(i)), i);
    }
    std::nth_element(ranked_.begin(), ranked_.begin() + static_cast<std::ptrdiff_t>(width),
                     ranked_.end());
    std::sort(ranked_.begin(), ranked_.begin() + static_cast<std::ptrdiff_t>(width));
    Configurations best(words_);
    for (std::size_t i = 0; i < width; ++i) best.insert(layer.at(ranked_[i].second));
    std::swap(layer, best);
  }

  // True if the history is valid; false says nothing.
  bool dive(std::uint64_t budget, const Patience& patience) {
    space_.rewind();
    meter_.most_explored = meter_.explored + budget;
    meter_.most_expansions = patience.expansions;
    Path path;
    path.now.assign(words_, 0);
    Progress progress;
    progress.until = meter_.explored + patience.stall;
    std::vector<std::uint64_t> found;
    tried_.assign(1 << 10, 0);
    tried_used_ = 0;
    while (path.e < space_.events()) {
      if (path.e > progress.far) note_progress(progress, path.e, patience);
      if (meter_.explored > progress.until) {
        if (!get_unstuck(path, progress, patience)) return false;
        continue;
      }
      if (!space_.is_return(path.e)) {
        space_.forward(path.e);
        space_.call(path.e++, path.now.data());
        continue;
      }
      ++meter_.explored;
      seen_.clear();
      found.clear();
      space_.pass(path.now.data(), path.e, seen_, meter_,
                  [&](const std::uint64_t* c) { found.insert(found.end(), c, c + words_); });
      meter_.held_bytes = (path.stack.capacity() + tried_.capacity()) * sizeof(std::uint64_t);
      if (meter_.over(seen_)) return false;
      if (found.size() == words_) {  // no choice, nothing to remember
        path.now.swap(found);
        space_.forward(path.e++);
        continue;
      }
      push_ways(path, found);
      const std::uint32_t here = path.e;
      std::uint32_t to = 0;
      do {
        if (path.branches.empty()) return false;
        to = pop(path);
      } while (!is_new(seen_.hash(path.now.data()) ^ mix64(to)));
      if (to == here + 1) space_.forward(path.e++);
      while (path.e > to) space_.backward(--path.e);
    }
    return true;
  }

  void note_progress(Progress& progress, std::uint32_t e, const Patience& patience) const {
    // A step or two past the place is not yet past what is wrong there.
    constexpr std::uint32_t kWellPast = 8;
    if (e > progress.stuck_at + kWellPast) progress.jump = kFirstJump;
    progress.far = e;
    progress.until = meter_.explored + patience.stall;
  }

  // The cheapest way on top.
  void push_ways(Path& path, const std::vector<std::uint64_t>& found) {
    ranked_.clear();
    for (std::uint32_t i = 0; i < found.size() / words_; ++i) {
      ranked_.emplace_back(space_.cost(found.data() + i * words_), i);
    }
    std::sort(ranked_.begin(), ranked_.end());
    for (std::size_t i = ranked_.size(); i > 0; --i) {
      push(path, found.data() + ranked_[i - 1].second * words_, path.e + 1);
    }
    if (path.branches.size() > kMostBranches) forget_oldest(path.branches, path.stack);
  }
  void push(Path& path, const std::uint64_t* way, std::uint32_t e) const {
    path.stack.insert(path.stack.end(), way, way + words_);
    path.branches.push_back(e);
  }
  // Goes to the branch on top. The space stays where it is.
  std::uint32_t pop(Path& path) const {
    const std::uint32_t to = path.branches.back();
    path.branches.pop_back();
    const auto first = path.stack.end() - static_cast<std::ptrdiff_t>(words_);
    std::copy(first, path.stack.end(), path.now.begin());
    path.stack.erase(first, path.stack.end());
    return to;
  }

  // What was chosen well before the place made it impassable: goes back, further each time; in the
  // end a sweep takes the way from further back. False if that fails too.
  bool get_unstuck(Path& path, Progress& progress, const Patience& patience) {
    const bool repair = progress.jump > kLastJump;
    const std::uint32_t back = repair ? kRunUp << 2 * progress.repairs : progress.jump;
    const std::uint32_t target = progress.far - std::min(progress.far, back);
    while (path.branches.size() > 1 && path.branches.back() > target) pop(path);
    if (path.branches.empty()) return false;
    const std::uint32_t to = pop(path);
    while (path.e > to) space_.backward(--path.e);
    progress.stuck_at = progress.far;
    progress.until = meter_.explored + patience.stall + back;
    if (!repair) {
      progress.jump *= 2;
      return true;
    }
    if (sweep_past(path, progress.far, kRepairWidth << progress.repairs)) {
      progress.repairs = 0;
      progress.jump = kFirstJump;
    } else if (++progress.repairs == kMostRepairs) {
      return false;
    } else {
      progress.until = 0;  // again, from further back
    }
    meter_.most_expansions = patience.expansions;
    return true;
  }

  // From the configuration of the path on, until somewhat behind the event `far`; what is left
  // there becomes the path and its branches. False if nothing is.
  bool sweep_past(Path& path, std::uint32_t far, std::size_t width) {
    constexpr std::uint32_t kBehind = 64;
    meter_.most_expansions = kRepairExpansions;
    Configurations layer(words_);
    Configurations next(words_);
    layer.insert(path.now.data());
    const std::uint32_t end = std::min(space_.events(), far + kBehind);
    for (; path.e < end; ++path.e) {
      if (!space_.is_return(path.e)) {
        call_all(path.e, layer);
        continue;
      }
      pass_all(path.e, layer, next);
      if (next.size() == 0 || meter_.over(seen_)) return false;
      meter_.explored += next.size();
      space_.forward(path.e);
      if (next.size() > 2 * width) shrink(next, 2 * width);
      space_.keep_best(next);
      if (next.size() > width) shrink(next, width);
      std::swap(layer, next);
    }
    shrink(layer, layer.size());  // the cheapest first
    for (std::size_t i = layer.size(); i > 0; --i) push(path, layer.at(i - 1), path.e);
    pop(path);
    return true;
  }

  // A dive that came far has little use for the branches at its start, and they take memory.
  void forget_oldest(std::vector<std::uint32_t>& branches, std::vector<std::uint64_t>& stack) {
    const auto half = static_cast<std::ptrdiff_t>(branches.size() / 2);
    branches.erase(branches.begin(), branches.begin() + half);
    stack.erase(stack.begin(), stack.begin() + half * static_cast<std::ptrdiff_t>(words_));
  }

  // By hash only: a false hit loses a branch of a search that need not be complete.
  bool is_new(std::uint64_t hash) {
    hash |= 1;
    if (tried_used_ * 2 >= tried_.size()) {
      std::vector<std::uint64_t> old(tried_.size() * 2, 0);
      old.swap(tried_);
      for (const std::uint64_t one : old) {
        if (one != 0) tried_[place(one)] = one;
      }
    }
    const std::size_t at = place(hash);
    if (tried_[at] == hash) return false;
    tried_[at] = hash;
    ++tried_used_;
    return true;
  }
  std::size_t place(std::uint64_t hash) const {
    const std::size_t mask = tried_.size() - 1;
    std::size_t at = (hash >> 1) & mask;
    while (tried_[at] != 0 && tried_[at] != hash) at = (at + 1) & mask;
    return at;
  }

  Space& space_;
  const Limits limits_;
  const std::size_t words_;
  Configurations seen_;
  Meter meter_;
  std::vector<std::uint64_t> tried_;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> ranked_;
  std::size_t tried_used_ = 0;
  std::string reason_;
};

}  // namespace holdfast::checkers
