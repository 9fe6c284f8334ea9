#include "checkers/linear/list_order.h"

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "checkers/linear/list_steps.h"

namespace holdfast::checkers {
namespace {

class ListOrder {
 public:
  ListOrder(const Trace& trace, std::span<const Item> items) : trace_(trace), items_(items) {}

  ListResult run() {
    if (!collect()) return {ListVerdict::not_applicable, {}};
    if (!order_elements() || !reads_agree() || !keeps_real_time()) {
      return {ListVerdict::invalid, std::move(violation_)};
    }
    return {};
  }

 private:
  struct Read {
    const Item* item;
    std::span<const Datum> list;
  };
  struct Placed {
    std::size_t place;
    const Item* item;
  };

  bool collect() {
    for (const Item& item : items_) {
      const std::vector<ListStep> steps = list_steps(trace_, trace_.ops[item.op], item.ok);
      if (steps.empty()) continue;  // it did nothing, or nobody knows what it read
      if (steps.size() > 1) return false;
      if (!steps[0].is_read) {
        if (!appends_.try_emplace(steps[0].value.bits(), &item).second) return false;
        continue;
      }
      if (!steps[0].value.is_list() && !steps[0].value.is_nil()) return false;
      const bool list = steps[0].value.is_list();
      reads_.push_back(
          {&item, list ? trace_.data.elements(steps[0].value) : std::span<const Datum>()});
    }
    for (const Read& read : reads_) {
      if (longest_ == nullptr || read.list.size() > longest_->list.size()) longest_ = &read;
    }
    return true;
  }

  // Each element of the longest read by its place, from 1.
  bool order_elements() {
    if (longest_ == nullptr) return true;
    for (std::size_t i = 0; i < longest_->list.size(); ++i) {
      const Datum element = longest_->list[i];
      const auto append = appends_.find(element.bits());
      if (append == appends_.end()) {
        return report("phantom-value",
                      name(*longest_->item) + " has " + text(element) + ", which nobody appended",
                      {longest_->item});
      }
      if (!places_.try_emplace(element.bits(), i + 1).second) {
        return report(
            "duplicate",
            name(*longest_->item) + " has " + text(element) + " twice; it was appended once",
            {append->second, longest_->item});
      }
    }
    return true;
  }

  bool reads_agree() {
    for (const Read& read : reads_) {
      const auto [mine, other] = std::mismatch(read.list.begin(), read.list.end(),
                                               longest_->list.begin(), longest_->list.end());
      if (mine == read.list.end()) continue;
      if (!appends_.contains(mine->bits())) {
        return report("phantom-value",
                      name(*read.item) + " has " + text(*mine) + ", which nobody appended",
                      {read.item});
      }
      return report("incompatible-order",
                    "no list began as both reads say: " + name(*read.item) + " has " + text(*mine) +
                        " at place " + std::to_string(mine - read.list.begin() + 1) + ", " +
                        name(*longest_->item) + " has " + text(*other) + " there",
                    {read.item, longest_->item});
    }
    return true;
  }

  bool keeps_real_time() {
    std::vector<Placed> placed;
    const std::size_t all = longest_ == nullptr ? 0 : longest_->list.size();
    for (const auto& [element, append] : appends_) {
      const auto at = places_.find(element);
      if (at != places_.end()) {
        placed.push_back({2 * at->second - 1, append});
      } else if (append->ok) {
        placed.push_back({2 * all + 1, append});
      }
    }
    for (const Read& read : reads_) placed.push_back({2 * read.list.size(), read.item});
    std::sort(placed.begin(), placed.end(), [](const Placed& a, const Placed& b) {
      return std::pair(a.place, a.item->op) < std::pair(b.place, b.item->op);
    });
    const Placed* latest = nullptr;  // the last call of earlier places
    for (std::size_t i = 0; i < placed.size();) {
      std::size_t end = i;
      for (; end < placed.size() && placed[end].place == placed[i].place; ++end) {
        const Item& item = *placed[end].item;
        if (latest != nullptr && item.ret < latest->item->call) {
          return contradiction(*latest, placed[end], 2 * all + 1);
        }
      }
      for (; i < end; ++i) {
        if (latest == nullptr || placed[i].item->call > latest->item->call) latest = &placed[i];
      }
    }
    return true;
  }

  // `later` returned before `earlier`, which must come before it, began.
  bool contradiction(const Placed& earlier, const Placed& later, std::size_t unseen) {
    const bool read_before = earlier.place % 2 == 0;
    const bool read_after = later.place % 2 == 0;
    const std::vector<const Item*> both = {later.item, earlier.item};
    if (read_before && later.place == unseen) {
      return report("lost-element",
                    name(*earlier.item) + " lacks the element of " + name(*later.item) +
                        ", and so do all longer reads",
                    both);
    }
    if (read_before) {
      return report(
          "stale-read",
          name(*earlier.item) + " lacks what was there before it began: see " + name(*later.item),
          both);
    }
    if (read_after) {
      return report("future-read",
                    name(*later.item) + " has the element of " + name(*earlier.item) +
                        ", which began only later",
                    both);
    }
    return report("order",
                  name(*later.item) + " returned before " + name(*earlier.item) +
                      " began, and its element " +
                      (later.place == unseen ? "is missing from a read that has the later one"
                                             : "stands behind the later one's"),
                  {later.item, earlier.item, longest_->item});
  }

  bool report(std::string kind, std::string text, std::initializer_list<const Item*> items) {
    return report(std::move(kind), std::move(text), std::vector<const Item*>(items));
  }
  bool report(std::string kind, std::string text, const std::vector<const Item*>& items) {
    violation_.kind = std::move(kind);
    violation_.text = std::move(text);
    for (const Item* item : items) {
      violation_.ops.push_back(item->op);
      if (item->ret != kNever_ns) violation_.at = std::max(violation_.at, item->ret);
    }
    return false;
  }
  std::string name(const Item& item) const { return describe(trace_, trace_.ops[item.op]); }
  std::string text(Datum value) const { return trace_.data.text(value); }

  const Trace& trace_;
  std::span<const Item> items_;
  std::map<std::uint64_t, const Item*> appends_;           // by element
  std::unordered_map<std::uint64_t, std::size_t> places_;  // of elements, from 1
  std::vector<Read> reads_;
  const Read* longest_ = nullptr;
  Violation violation_;
};

}  // namespace

ListResult check_list_order(const Trace& trace, std::span<const Item> items) {
  return ListOrder(trace, items).run();
}

}  // namespace holdfast::checkers
