#include "checkers/linear/overwritten.h"

#include <algorithm>
#include <limits>
#include <map>
#include <vector>

namespace holdfast::checkers {
namespace {

constexpr std::int64_t kBefore = std::numeric_limits<std::int64_t>::min();

// A value's writers by their calls, each with the last return among it and the earlier ones.
struct Writer {
  std::int64_t call;
  std::int64_t last_ret;
};

class Overwritten {
 public:
  Overwritten(const Trace& trace, std::span<const Item> items, const Model& model)
      : trace_(trace), items_(items) {
    writers_[model.initial.bits()].push_back({kBefore, kBefore});
    for (const Item& item : items) {
      if (item.action != Action::read) writers_[item.value.bits()].push_back({item.call, item.ret});
    }
    for (auto& [value, list] : writers_) {
      std::sort(list.begin(), list.end(),
                [](const Writer& a, const Writer& b) { return a.call < b.call; });
      for (std::size_t i = 1; i < list.size(); ++i) {
        list[i].last_ret = std::max(list[i].last_ret, list[i - 1].last_ret);
      }
    }
  }

  std::optional<Violation> find() {
    std::vector<const Item*> changes;  // by return
    std::vector<const Item*> reads;    // by call
    for (const Item& item : items_) {
      if (!item.ok) continue;
      if (item.action != Action::read) changes.push_back(&item);
      if (item.action == Action::read || item.action == Action::cas) reads.push_back(&item);
    }
    std::sort(changes.begin(), changes.end(),
              [](const Item* a, const Item* b) { return a->ret < b->ret; });
    std::stable_sort(reads.begin(), reads.end(),
                     [](const Item* a, const Item* b) { return a->call < b->call; });
    std::size_t next = 0;
    for (const Item* read : reads) {
      for (; next < changes.size() && changes[next]->ret < read->call; ++next) note(changes[next]);
      const Datum seen = read->action == Action::cas ? trace_.ops[read->op].input : read->value;
      const Item* over = latest_ != nullptr && latest_->value != seen ? latest_ : other_;
      if (over != nullptr && over->value != seen && last_write(seen, read->ret) < over->call) {
        return report(*read, *over, seen);
      }
    }
    return std::nullopt;
  }

 private:
  // Keeps the change that began last, and the last one to another value than that.
  void note(const Item* change) {
    if (latest_ == nullptr || change->call > latest_->call) {
      if (latest_ != nullptr && latest_->value != change->value) other_ = latest_;
      latest_ = change;
    } else if (change->value != latest_->value &&
               (other_ == nullptr || change->call > other_->call)) {
      other_ = change;
    }
  }

  // The last return of those that wrote `value` and had begun by `point`.
  std::int64_t last_write(Datum value, std::int64_t point) const {
    const auto found = writers_.find(value.bits());
    if (found == writers_.end()) return kBefore;
    const auto end = std::partition_point(found->second.begin(), found->second.end(),
                                          [&](const Writer& w) { return w.call <= point; });
    return end == found->second.begin() ? kBefore : std::prev(end)->last_ret;
  }

  Violation report(const Item& read, const Item& over, Datum seen) const {
    Violation violation;
    violation.kind = "stale-read";
    violation.at = read.ret;
    violation.ops = {over.op, read.op};
    violation.text = describe(trace_, trace_.ops[read.op]) + " needs " + trace_.data.text(seen) +
                     ", which " + describe(trace_, trace_.ops[over.op]) +
                     " had certainly overwritten before it began";
    return violation;
  }

  const Trace& trace_;
  std::span<const Item> items_;
  std::map<std::uint64_t, std::vector<Writer>> writers_;
  const Item* latest_ = nullptr;
  const Item* other_ = nullptr;
};

}  // namespace

std::optional<Violation> find_overwritten(const Trace& trace, std::span<const Item> items,
                                          const Model& model) {
  return Overwritten(trace, items, model).find();
}

}  // namespace holdfast::checkers
