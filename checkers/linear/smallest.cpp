#include "checkers/linear/smallest.h"

#include <algorithm>
#include <utility>

namespace holdfast::checkers {
namespace {

class Reduction {
 public:
  Reduction(const Trace& trace, const LinearOptions& options)
      : trace_(trace), options_(options), work_left_(options.minimise_work) {
    // A part must be refuted cheaply, or it is not tried.
    options_.limits.configurations =
        std::min<std::uint64_t>(100'000, options.limits.configurations);
    options_.limits.bytes = std::min<std::uint64_t>(50'000'000, options.limits.bytes);
  }

  // Nothing, if the part is not refuted.
  std::vector<Item> reduce(std::vector<Item> part) {
    if (!is_refuted(part)) return {};
    for (std::size_t chunk = std::max<std::size_t>(1, part.size() / 2); work_left_ > 0;) {
      const std::size_t before = part.size();
      for (std::size_t end = part.size(); end > 0 && work_left_ > 0;) {
        const std::size_t begin = end > chunk ? end - chunk : 0;
        std::vector<Item> smaller =
            needed(part, [&](std::size_t i) { return i < begin || i >= end; });
        if (smaller.size() < part.size() && is_refuted(smaller)) part = std::move(smaller);
        end = std::min(begin, part.size());
      }
      if (chunk == 1 && part.size() == before) break;
      chunk = std::max<std::size_t>(1, chunk / 2);
    }
    return part;
  }

  // The part's operations that `wanted` chooses, and what must not be left out beside them:
  // whatever changed the state, but of a register only what wrote a value that one of these
  // observed.
  template <class Wanted>
  std::vector<Item> needed(const std::vector<Item>& part, Wanted&& wanted) const {
    const bool is_register = options_.model.kind == ModelKind::reg;
    std::vector<bool> kept(part.size());
    for (std::size_t i = 0; i < part.size(); ++i) {
      kept[i] = wanted(i) || (!is_register && part[i].action != Action::read);
    }
    if (is_register) keep_writers(part, kept);
    std::vector<Item> rest;
    rest.reserve(static_cast<std::size_t>(std::count(kept.begin(), kept.end(), true)));
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (kept[i]) rest.push_back(part[i]);
    }
    return rest;
  }

 private:
  bool is_refuted(const std::vector<Item>& part) {
    if (work_left_ == 0) return false;
    const KeyResult found = check_key(trace_, part, options_);
    work_left_ -= std::min<std::uint64_t>(work_left_, part.size() + found.explored + 1);
    return found.verdict == Verdict::invalid;
  }

  void keep_writers(const std::vector<Item>& part, std::vector<bool>& kept) const {
    using Writer = std::pair<std::uint64_t, std::uint32_t>;  // the value, a place in the part
    std::vector<Writer> writers;
    std::vector<std::uint32_t> news;  // whose observations are not looked at yet
    for (std::uint32_t i = 0; i < part.size(); ++i) {
      if (kept[i]) {
        news.push_back(i);
      } else if (part[i].action != Action::read) {
        writers.emplace_back(part[i].value.bits(), i);
      }
    }
    std::sort(writers.begin(), writers.end());
    while (!news.empty()) {
      const Item& item = part[news.back()];
      news.pop_back();
      if (item.action != Action::read && item.action != Action::cas) continue;
      const Datum seen = item.action == Action::cas ? trace_.ops[item.op].input : item.value;
      for (auto it = std::lower_bound(writers.begin(), writers.end(), Writer{seen.bits(), 0});
           it != writers.end() && it->first == seen.bits() && !kept[it->second]; ++it) {
        kept[it->second] = true;
        news.push_back(it->second);
      }
    }
  }

  const Trace& trace_;
  LinearOptions options_;
  std::uint64_t work_left_;
};

}  // namespace

void make_smallest(const Trace& trace, std::span<const Item> items, const LinearOptions& options,
                   Violation& violation) {
  if (!violation.smallest.empty()) return;
  // What is called after the violation is no part of it; what returns later is still open then.
  std::vector<Item> part;
  part.reserve(items.size());
  for (const Item& item : items) {
    const bool open = item.ret > violation.at;
    if (item.call > violation.at || (open && item.action == Action::read)) continue;
    part.push_back(item);
    if (!open) continue;
    part.back().ret = kNever_ns;
    part.back().ok = false;
  }
  Reduction reduction(trace, options);
  std::vector<std::uint32_t> concerned = violation.ops;
  std::sort(concerned.begin(), concerned.end());
  std::vector<Item> smallest = reduction.reduce(reduction.needed(part, [&](std::size_t i) {
    return std::binary_search(concerned.begin(), concerned.end(), part[i].op);
  }));
  if (smallest.empty()) smallest = reduction.reduce(std::move(part));
  for (const Item& item : smallest) violation.smallest.push_back(item.op);
}

}  // namespace holdfast::checkers
