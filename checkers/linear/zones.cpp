#include "checkers/linear/zones.h"

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <string>

#include "checkers/linear/cluster_index.h"
#include "checkers/trace/almost_sorted.h"
#include "node/base/check.h"

namespace holdfast::checkers {
namespace {

constexpr std::int64_t kBefore = std::numeric_limits<std::int64_t>::min();
constexpr std::uint32_t kNone = 0xffffffff;

// A value's write and its reads. Cluster 0 is the initial value's, written before everything.
struct Cluster {
  std::int64_t write_call = kBefore;
  std::int64_t write_ret = kBefore;
  std::int64_t read_ret = kNever_ns;  // the first of its reads
  std::int64_t read_call = kBefore;   // the last of its reads
};

struct Zone {
  std::int64_t start;
  std::int64_t end;
  std::uint32_t cluster;  // the first of its block
};

// Calls f for the reads, or for the other items, until it says false. A history has about as many
// of the ones as of the others: a branch on each would be mispredicted every other time.
template <class F>
bool all_of(std::span<const Item> items, bool reads, F&& f) {
  std::array<const Item*, 256> chosen;
  while (!items.empty()) {
    const std::span<const Item> some = items.first(std::min(items.size(), chosen.size()));
    std::size_t count = 0;
    for (const Item& item : some) {
      chosen[count] = &item;
      count += (item.action == Action::read) == reads;
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (!f(*chosen[i])) return false;
    }
    items = items.subspan(some.size());
  }
  return true;
}

class ZoneCheck {
 public:
  ZoneCheck(const Trace& trace, std::span<const Item> items, const Model& model,
            std::int64_t back_ns)
      : trace_(trace), items_(items), model_(model), back_ns_(back_ns) {}

  ZoneResult run() {
    if (!collect_writes()) return {ZoneVerdict::not_unique, {}};
    if (!collect_reads()) return {ZoneVerdict::invalid, std::move(violation_)};
    if (has_cas_ && !link_blocks()) return {ZoneVerdict::invalid, std::move(violation_)};
    if (!make_zones() || !zones_fit()) return {ZoneVerdict::invalid, std::move(violation_)};
    return {};
  }

 private:
  // False if a value is written twice, or is the initial one.
  bool collect_writes() {
    index_.prepare(items_);
    clusters_.reserve(items_.size() / 2 + 1);
    clusters_.emplace_back();
    index_.insert(model_.initial, 0);
    return all_of(items_, false, [&](const Item& item) {
      has_cas_ |= item.action == Action::cas;
      if (!index_.insert(item.value, static_cast<std::uint32_t>(clusters_.size()))) return false;
      Cluster& cluster = clusters_.emplace_back();
      cluster.write_call = item.call;
      cluster.write_ret = item.ret;
      return true;
    });
  }

  bool collect_reads() {
    return all_of(items_, true, [&](const Item& item) {
      const std::uint32_t at = index_.find(item.value);
      if (at == kNone) return phantom(item);
      Cluster& cluster = clusters_[at];
      if (item.ret < cluster.write_call) return future_read(item, at);
      cluster.read_ret = std::min(cluster.read_ret, item.ret);
      cluster.read_call = std::max(cluster.read_call, item.call - back_ns_);
      return true;
    });
  }

  // Finds which compare-and-sets took effect and links each one's cluster behind its
  // predecessor's.
  bool link_blocks() {
    parent_.assign(clusters_.size(), kNone);
    child_.assign(clusters_.size(), kNone);
    dropped_.assign(clusters_.size(), false);
    std::vector<std::uint32_t> needed;
    std::uint32_t at = 0;
    for (const Item& item : items_) {
      if (item.action == Action::read) continue;
      ++at;
      if (item.action != Action::cas) continue;
      const Op& op = trace_.ops[item.op];
      parent_[at] = index_.find(op.input);
      if (item.ok || clusters_[at].read_ret != kNever_ns) {
        if (parent_[at] == kNone) return impossible_cas(item);
        needed.push_back(at);
      } else {
        dropped_[at] = true;
      }
    }
    // What an effective compare-and-set saw had taken effect too.
    while (!needed.empty()) {
      const std::uint32_t cluster = needed.back();
      needed.pop_back();
      const std::uint32_t parent = parent_[cluster];
      if (child_[parent] != kNone && child_[parent] != cluster) {
        return lost_update(parent, child_[parent], cluster);
      }
      child_[parent] = cluster;
      if (dropped_[parent]) {
        dropped_[parent] = false;
        if (parent_[parent] == kNone) return impossible_cas(item_of(parent));
        needed.push_back(parent);
      }
    }
    return true;
  }

  bool make_zones() {
    zones_.resize(clusters_.size());
    std::size_t placed = 0;
    std::size_t from = 0;
    std::size_t to = zones_.size();
    for (std::uint32_t root = 0; root < clusters_.size(); ++root) {
      if (has_cas_ && (dropped_[root] || parent_[root] != kNone)) {
        placed += dropped_[root];
        continue;
      }
      // f, the first return of the block; s, the last call.
      std::int64_t f = kNever_ns;
      std::int64_t s = kBefore;
      for (std::uint32_t at = root; at != kNone; at = has_cas_ ? child_[at] : kNone) {
        const Cluster& cluster = clusters_[at];
        if (cluster.write_ret < s) return order_broken(root, at, s);
        s = std::max(s, cluster.write_call);
        if (cluster.read_ret < s) return order_broken(root, at, s);
        s = std::max(s, cluster.read_call);
        f = std::min({f, cluster.write_ret, cluster.read_ret});
        ++placed;
      }
      zones_[f < s ? from++ : --to] = {std::min(f, s), std::max(f, s), root};
    }
    forward_ = std::span(zones_).first(from);
    backward_ = std::span(zones_).subspan(to);
    std::reverse(backward_.begin(), backward_.end());
    return placed == clusters_.size() || cycle();
  }

  bool zones_fit() {
    sort_almost_sorted(forward_, [](const Zone& a, const Zone& b) { return a.start < b.start; });
    for (std::size_t i = 1; i < forward_.size(); ++i) {
      if (forward_[i].start < forward_[i - 1].end) {
        return conflict(forward_[i - 1], forward_[i]);
      }
    }
    std::size_t after = 0;  // forward zones that start before the backward zone in hand
    for (const Zone& zone : backward_) {
      after = forward_before(zone.start, after);
      if (after > 0 && zone.end < forward_[after - 1].end) {
        return conflict(forward_[after - 1], zone);
      }
    }
    return true;
  }

  // How many forward zones start before `point`. `guess` is near, as a rule.
  std::size_t forward_before(std::int64_t point, std::size_t guess) const {
    for (int steps = 0; steps < 32; ++steps) {
      if (guess < forward_.size() && forward_[guess].start < point) {
        ++guess;
      } else if (guess > 0 && forward_[guess - 1].start >= point) {
        --guess;
      } else {
        return guess;
      }
    }
    const auto at = std::partition_point(forward_.begin(), forward_.end(),
                                         [&](const Zone& zone) { return zone.start < point; });
    return static_cast<std::size_t>(at - forward_.begin());
  }

  // ---- Evidence: slow, once. ----

  const Item& item_of(std::uint32_t cluster) {
    if (writers_.empty()) {
      writers_.reserve(clusters_.size());
      writers_.push_back(nullptr);  // the initial value has no write
      all_of(items_, false, [&](const Item& item) {
        writers_.push_back(&item);
        return true;
      });
    }
    return *writers_[cluster];
  }
  Datum datum(std::uint32_t cluster) {
    return cluster == 0 ? model_.initial : item_of(cluster).value;
  }

  std::string name(const Item& item) const { return describe(trace_, trace_.ops[item.op]); }
  std::string value(std::uint32_t cluster) { return trace_.data.text(datum(cluster)); }

  bool report(std::string kind, std::string text, std::vector<std::uint32_t> ops) {
    violation_.kind = std::move(kind);
    violation_.text = std::move(text);
    // One of unknown outcome is proven by who saw its effect.
    for (std::size_t i = 0; i < ops.size(); ++i) {
      const Op& op = trace_.ops[ops[i]];
      if (op.action != Action::cas || op.outcome != Outcome::info) continue;
      const Item* seen_by = observer(op.output);
      if (seen_by != nullptr && std::find(ops.begin(), ops.end(), seen_by->op) == ops.end()) {
        ops.push_back(seen_by->op);
      }
    }
    std::sort(ops.begin(), ops.end());
    ops.erase(std::unique(ops.begin(), ops.end()), ops.end());
    violation_.at = kBefore;
    for (const std::uint32_t op : ops) {
      const Op& one = trace_.ops[op];
      violation_.at = std::max(violation_.at, one.ret == kNever_ns ? one.call : one.ret);
    }
    violation_.ops = std::move(ops);
    violation_.smallest = violation_.ops;
    return false;
  }

  bool phantom(const Item& read) {
    for (std::uint32_t i = 0; i < trace_.ops.size(); ++i) {
      const Op& op = trace_.ops[i];
      const bool writes = op.action == Action::write || op.action == Action::cas;
      const Datum written = op.action == Action::cas ? op.output : op.input;
      if (op.outcome == Outcome::fail && writes && written == read.value &&
          op.key == trace_.ops[read.op].key) {
        return report(
            "failed-write-seen",
            name(read) + " saw what " + describe(trace_, op) + " definitely failed to write",
            {i, read.op});
      }
    }
    return report("phantom-value", name(read) + " saw a value that nobody wrote", {read.op});
  }

  bool future_read(const Item& read, std::uint32_t cluster) {
    const Item& write = item_of(cluster);
    return report("future-read", name(read) + " had returned before " + name(write) + " began",
                  {write.op, read.op});
  }

  bool impossible_cas(const Item& cas) {
    return report("phantom-value", name(cas) + " took effect on a value that nobody wrote",
                  {cas.op});
  }
  // Who proves that a compare-and-set to `value` took effect.
  const Item* observer(Datum value) const {
    const Item* unsure = nullptr;
    for (const Item& item : items_) {
      if (item.action == Action::read && item.value == value) return &item;
      if (item.action != Action::cas || trace_.ops[item.op].input != value) continue;
      if (item.ok) return &item;
      if (dropped_.empty() || !dropped_[index_.find(item.value)]) unsure = &item;
    }
    return unsure;
  }

  bool lost_update(std::uint32_t from, std::uint32_t one, std::uint32_t other) {
    const Item& a = item_of(one);
    const Item& b = item_of(other);
    std::vector<std::uint32_t> ops = {a.op, b.op};
    for (std::uint32_t at = from; at != 0 && at != kNone; at = parent_[at]) {
      ops.push_back(item_of(at).op);
      if (ops.size() > 100) break;
    }
    return report("lost-update",
                  name(a) + " and " + name(b) + " both replaced the one " + value(from), ops);
  }

  bool cycle() {
    for (std::uint32_t at = 0; at < clusters_.size(); ++at) {
      if (dropped_[at] || parent_[at] == kNone) continue;
      // Follow the parents; only a cluster on a cycle comes back to itself.
      std::uint32_t walk = parent_[at];
      std::vector<std::uint32_t> ops = {item_of(at).op};
      for (std::size_t i = 0; i < clusters_.size() && walk != kNone && walk != at; ++i) {
        if (walk == 0) break;
        ops.push_back(item_of(walk).op);
        walk = parent_[walk];
      }
      if (walk == at) {
        return report("cycle", "each of these needs the value that another of them left", ops);
      }
    }
    CHECK(false);
    return false;
  }

  bool order_broken(std::uint32_t root, std::uint32_t bad, std::int64_t late_call) {
    std::vector<std::uint32_t> ops;
    const Item* late = nullptr;
    for (std::uint32_t at = root;; at = child_[at]) {
      for_items_of(at, [&](const Item& item) {
        const std::int64_t call = item.action == Action::read ? item.call - back_ns_ : item.call;
        if (call != late_call || late != nullptr) return;
        late = &item;
        ops.push_back(item.op);
      });
      if (at == bad) break;
    }
    const Item* early = nullptr;
    for_items_of(bad, [&](const Item& item) {
      if (early == nullptr || item.ret < early->ret) early = &item;
    });
    if (early != nullptr) ops.push_back(early->op);
    for (std::uint32_t at = bad; at != 0 && at != kNone; at = parent_[at]) {
      ops.push_back(item_of(at).op);
      if (at == root) break;
    }
    std::string text = "a chain of compare-and-sets contradicts real time: ";
    if (late != nullptr && early != nullptr) {
      text += name(*late) + " must come before " + value(bad) + ", and began only after " +
              name(*early) + " had returned";
    } else {
      text += value(bad) + " was in place before something that must come earlier had begun";
    }
    return report("order", std::move(text), ops);
  }

  template <class F>
  void for_items_of(std::uint32_t cluster, F&& f) {
    const Datum value = datum(cluster);
    for (const Item& item : items_) {
      if (item.value == value) f(item);
    }
  }

  // The operations with the first return and the last call of a block.
  std::vector<const Item*> bounds(std::uint32_t root) {
    const Item* first = nullptr;
    const Item* last = nullptr;
    for (std::uint32_t at = root; at != kNone; at = has_cas_ ? child_[at] : kNone) {
      for_items_of(at, [&](const Item& item) {
        const auto call = [&](const Item& i) {
          return i.action == Action::read ? i.call - back_ns_ : i.call;
        };
        if (first == nullptr || item.ret < first->ret) first = &item;
        if (last == nullptr || call(item) > call(*last)) last = &item;
      });
    }
    std::vector<const Item*> found;
    if (first != nullptr) found.push_back(first);
    if (last != nullptr && last != first) found.push_back(last);
    return found;
  }

  // A block's values in their order, "8 -> 6": what was read need not be the first of them.
  std::string chain(std::uint32_t root) {
    constexpr int kShown = 6;
    std::string text = value(root);
    int shown = 1;
    for (std::uint32_t at = has_cas_ ? child_[root] : kNone; at != kNone; at = child_[at]) {
      if (++shown <= kShown) text += " -> " + value(at);
      if (child_[at] == kNone && shown > kShown) text += " -> ... -> " + value(at);
    }
    return text;
  }

  bool conflict(const Zone& forward, const Zone& other) {
    const std::uint32_t a = forward.cluster;
    const std::uint32_t b = other.cluster;
    std::vector<std::uint32_t> ops;
    const Item* last = nullptr;
    for (const std::uint32_t root : {a, b}) {
      for (const Item* item : bounds(root)) {
        ops.push_back(item->op);
        if (last == nullptr || item->call > last->call) last = item;
      }
      // Whole blocks: without their writes the values would be phantoms.
      for (std::uint32_t at = root; at != kNone; at = has_cas_ ? child_[at] : kNone) {
        if (at != 0) ops.push_back(item_of(at).op);
      }
    }
    const bool stale = last != nullptr && last->action == Action::read;
    std::string text = stale ? name(*last) + " is stale: " : "";
    const std::string in_place = chain(a);
    const std::string other_one = chain(b);
    text += in_place + " was in place until after " + other_one + " had come and gone, and " +
            other_one + " after " + in_place + " had: they cannot be put one behind the other";
    return report(stale ? "stale-read" : "conflict", std::move(text), std::move(ops));
  }

  const Trace& trace_;
  std::span<const Item> items_;
  const Model& model_;
  const std::int64_t back_ns_;
  bool has_cas_ = false;
  ClusterIndex index_;
  std::vector<Cluster> clusters_;
  std::vector<std::uint32_t> parent_;
  std::vector<std::uint32_t> child_;
  std::vector<bool> dropped_;
  std::vector<const Item*> writers_;  // by cluster, once evidence needs it
  std::vector<Zone> zones_;           // one memory for both kinds
  std::span<Zone> forward_;
  std::span<Zone> backward_;
  Violation violation_;
};

}  // namespace

ZoneResult check_zones(const Trace& trace, std::span<const Item> items, const Model& model,
                       std::int64_t back_ns) {
  return ZoneCheck(trace, items, model, back_ns).run();
}

}  // namespace holdfast::checkers
