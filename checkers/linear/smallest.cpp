#include "checkers/linear/smallest.h"

#include <algorithm>
#include <set>
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

  std::vector<Item> reduce(std::vector<Item> part) {
    if (!is_refuted(part)) return {};
    for (std::size_t chunk = std::max<std::size_t>(1, part.size() / 2); work_left_ > 0;) {
      const std::size_t before = part.size();
      for (std::size_t end = part.size(); end > 0 && work_left_ > 0;) {
        const std::size_t begin = end > chunk ? end - chunk : 0;
        std::vector<Item> smaller = without(part, begin, end);
        if (smaller.size() < part.size() && is_refuted(smaller)) {
          part = std::move(smaller);
        }
        end = std::min(begin, part.size());
      }
      if (chunk == 1 && part.size() == before) break;
      chunk = std::max<std::size_t>(1, chunk / 2);
    }
    return part;
  }

 private:
  bool is_refuted(const std::vector<Item>& part) {
    if (work_left_ == 0) return false;
    const KeyResult found = check_key(trace_, part, options_);
    work_left_ -= std::min<std::uint64_t>(work_left_, part.size() + found.explored + 1);
    return found.verdict == Verdict::invalid;
  }

  // The part without what may be left out of [begin, end).
  std::vector<Item> without(const std::vector<Item>& part, std::size_t begin, std::size_t end) {
    std::vector<bool> out(part.size(), false);
    for (std::size_t i = begin; i < end; ++i) {
      out[i] = part[i].action == Action::read;
    }
    if (options_.model.kind == ModelKind::reg) drop_unobserved_writes(part, begin, end, out);
    std::vector<Item> rest;
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (!out[i]) rest.push_back(part[i]);
    }
    return rest;
  }

  void drop_unobserved_writes(const std::vector<Item>& part, std::size_t begin, std::size_t end,
                              std::vector<bool>& out) {
    for (bool grew = true; grew;) {
      grew = false;
      std::set<std::uint64_t> observed;
      for (std::size_t i = 0; i < part.size(); ++i) {
        if (out[i]) continue;
        if (part[i].action == Action::read) observed.insert(part[i].value.bits());
        if (part[i].action == Action::cas) observed.insert(trace_.ops[part[i].op].input.bits());
      }
      for (std::size_t i = begin; i < end; ++i) {
        if (out[i] || part[i].action == Action::read) continue;
        if (!observed.contains(part[i].value.bits())) out[i] = grew = true;
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
  for (const Item& item : items) {
    if (item.call > violation.at) continue;
    part.push_back(item);
    if (item.ret > violation.at) {
      if (item.action == Action::read) {
        part.pop_back();
      } else {
        part.back().ret = kNever_ns;
        part.back().ok = false;
      }
    }
  }
  LinearOptions whole = options;
  Reduction reduction(trace, whole);
  std::vector<Item> smallest = reduction.reduce(std::move(part));
  for (const Item& item : smallest) violation.smallest.push_back(item.op);
}

}  // namespace holdfast::checkers
