#include "checkers/linear/set_blocks.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "checkers/linear/cluster_index.h"

namespace holdfast::checkers {
namespace {

constexpr std::uint32_t kNone = 0xffffffff;

class BlockCheck {
 public:
  BlockCheck(const Trace& trace, std::span<const Item> items) : trace_(trace), items_(items) {}

  BlockResult run() {
    if (!collect()) return {BlockVerdict::not_applicable, {}};
    if (!rank_elements() || !scan()) return {BlockVerdict::invalid, std::move(violation_)};
    return {};
  }

 private:
  bool collect() {
    index_.prepare(items_);
    for (const Item& item : items_) {
      if (item.action == Action::add) {
        if (!index_.insert(item.value, static_cast<std::uint32_t>(adds_.size()))) return false;
        adds_.push_back(&item);
      } else if (item.action == Action::read && (item.value.is_list() || item.value.is_nil())) {
        reads_.push_back(&item);
      } else {
        return false;
      }
    }
    return true;
  }

  std::span<const Datum> elements(const Item& read) const {
    if (!read.value.is_list()) return {};
    return trace_.data.elements(read.value);
  }

  // Gives each element the first read, by size, that saw it; fails if reads are no chain.
  bool rank_elements() {
    // Sizes without duplicates, which say nothing about a set.
    std::vector<std::uint32_t> last_read(adds_.size(), kNone);
    std::vector<std::pair<std::size_t, std::uint32_t>> by_size;
    for (std::uint32_t r = 0; r < reads_.size(); ++r) {
      std::size_t size = 0;
      for (const Datum element : elements(*reads_[r])) {
        const std::uint32_t at = index_.find(element);
        if (at == kNone) return phantom(*reads_[r], element);
        size += last_read[at] != r;
        last_read[at] = r;
      }
      by_size.emplace_back(size, r);
    }
    std::sort(by_size.begin(), by_size.end());
    rank_.assign(adds_.size(), kNone);
    last_read.assign(adds_.size(), kNone);
    read_rank_.assign(reads_.size(), 0);
    std::size_t so_far = 0;  // elements of the reads before
    std::uint32_t rank = 0;
    const Item* previous = nullptr;
    for (const auto& [size, r] : by_size) {
      if (size > so_far || previous == nullptr) ++rank;
      std::size_t known = 0;
      for (const Datum element : elements(*reads_[r])) {
        const std::uint32_t at = index_.find(element);
        if (last_read[at] == r) continue;
        last_read[at] = r;
        if (rank_[at] == kNone) {
          rank_[at] = rank;
        } else {
          ++known;
        }
      }
      if (known < so_far) return split(*previous, *reads_[r]);
      so_far = size;
      read_rank_[r] = rank;
      previous = reads_[r];
    }
    ranks_ = rank;
    return true;
  }

  // Blocks 2r-1 (adds) and 2r (reads) of rank r, then one of the adds never seen.
  bool scan() {
    const std::size_t blocks = 2 * std::size_t{ranks_} + 2;
    std::vector<const Item*> last_call(blocks, nullptr);
    std::vector<const Item*> first_ret(blocks, nullptr);
    const auto put = [&](std::size_t block, const Item& item) {
      if (last_call[block] == nullptr || item.call > last_call[block]->call) {
        last_call[block] = &item;
      }
      if (first_ret[block] == nullptr || item.ret < first_ret[block]->ret) {
        first_ret[block] = &item;
      }
    };
    for (std::size_t a = 0; a < adds_.size(); ++a) {
      if (rank_[a] != kNone) {
        put(2 * std::size_t{rank_[a]} - 1, *adds_[a]);
      } else if (adds_[a]->ok) {
        put(blocks - 1, *adds_[a]);
      }
    }
    for (std::size_t r = 0; r < reads_.size(); ++r) put(2 * std::size_t{read_rank_[r]}, *reads_[r]);
    const Item* late = nullptr;  // the last call of the blocks so far
    for (std::size_t block = 0; block < blocks; ++block) {
      if (late != nullptr && first_ret[block] != nullptr && first_ret[block]->ret < late->call) {
        return out_of_order(*first_ret[block], *late);
      }
      if (last_call[block] != nullptr && (late == nullptr || last_call[block]->call > late->call)) {
        late = last_call[block];
      }
    }
    return true;
  }

  std::string name(const Item& item) const { return describe(trace_, trace_.ops[item.op]); }

  bool report(std::string kind, std::string text, std::vector<std::uint32_t> ops) {
    violation_.kind = std::move(kind);
    violation_.text = std::move(text);
    violation_.at = std::numeric_limits<std::int64_t>::min();
    for (const std::uint32_t op : ops) {
      const Op& one = trace_.ops[op];
      violation_.at = std::max(violation_.at, one.ret == kNever_ns ? one.call : one.ret);
    }
    violation_.smallest = ops;
    violation_.ops = std::move(ops);
    return false;
  }

  bool phantom(const Item& read, Datum element) {
    return report("phantom-value",
                  name(read) + " saw " + trace_.data.text(element) + ", which nobody added",
                  {read.op});
  }

  // The first element that `a` saw and `b` did not.
  const Item* missing(const Item& a, const Item& b) const {
    std::vector<bool> in_b(adds_.size(), false);
    for (const Datum element : elements(b)) in_b[index_.find(element)] = true;
    for (const Datum element : elements(a)) {
      const std::uint32_t at = index_.find(element);
      if (!in_b[at]) return adds_[at];
    }
    return nullptr;
  }

  bool split(const Item& a, const Item& b) {
    const Item* only_a = missing(a, b);
    const Item* only_b = missing(b, a);
    std::vector<std::uint32_t> ops = {a.op, b.op};
    std::string text = "two reads each miss what the other saw";
    for (const Item* one : {only_a, only_b}) {
      if (one == nullptr) continue;
      ops.push_back(one->op);
      text += (one == only_a ? ": " : " and ") + trace_.data.text(one->value);
    }
    return report("split-set", std::move(text), std::move(ops));
  }

  bool out_of_order(const Item& early, const Item& late) {
    std::vector<std::uint32_t> ops = {early.op, late.op};
    std::string kind = "order";
    std::string text = name(early) + " must come after " + name(late) + " but had returned before";
    if (early.action == Action::add && late.action == Action::read) {
      kind = "lost-element";
      text = name(late) + " misses " + trace_.data.text(early.value) +
             ", which had been added before it began";
    } else if (early.action == Action::read && late.action == Action::read) {
      kind = "stale-read";
      const Item* lost = missing(early, late);
      text = name(late) + " misses what " + name(early) + " had seen before";
      if (lost != nullptr) {
        text += ": " + trace_.data.text(lost->value);
        ops.push_back(lost->op);
      }
    } else if (early.action == Action::read) {
      kind = "future-read";
      text = name(early) + " saw what had not yet been there: " + name(late);
    }
    return report(std::move(kind), std::move(text), std::move(ops));
  }

  const Trace& trace_;
  std::span<const Item> items_;
  ClusterIndex index_;
  std::vector<const Item*> adds_;
  std::vector<const Item*> reads_;
  std::vector<std::uint32_t> rank_;       // of each add: the first read, by size, that saw it
  std::vector<std::uint32_t> read_rank_;  // of each read; equal sets have equal ranks
  std::uint32_t ranks_ = 0;
  Violation violation_;
};

}  // namespace

BlockResult check_set_blocks(const Trace& trace, std::span<const Item> items) {
  return BlockCheck(trace, items).run();
}

}  // namespace holdfast::checkers
