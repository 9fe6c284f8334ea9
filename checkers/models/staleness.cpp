// How stale reads were: versions behind (k), time behind (t), P(stale | time since the newest write
// was acknowledged), and the smallest delta for which the history is delta-atomic.
#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "checkers/linear/keyed_ops.h"
#include "checkers/linear/zones.h"
#include "checkers/models/judgement.h"

namespace holdfast::checkers {
namespace {

struct Tally {
  std::int64_t reads = 0;
  std::int64_t stale = 0;
  std::int64_t worst_ns = 0;
  std::int64_t worst_versions = 0;
};

// 95 % bounds of a share, in millionths (Wilson 1927).
std::pair<std::int64_t, std::int64_t> bounds(std::int64_t hits, std::int64_t of) {
  if (of == 0) return {0, 1'000'000};
  const double n = static_cast<double>(of);
  const double p = static_cast<double>(hits) / n;
  const double z = 1.959963985;
  const double centre = p + z * z / (2 * n);
  const double spread = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  const double scale = 1e6 / (1 + z * z / n);
  return {static_cast<std::int64_t>(std::max(0.0, (centre - spread) * scale)),
          static_cast<std::int64_t>(std::ceil(std::min(1e6, (centre + spread) * scale)))};
}

// Upper ends of the classes of time since the write: 1, 2, 5 in each decade from 10 µs to 1000 s.
std::vector<std::int64_t> class_ends() {
  std::vector<std::int64_t> ends;
  for (std::int64_t decade = 10'000; decade <= 1'000'000'000'000; decade *= 10) {
    for (const std::int64_t step : {1, 2, 5}) ends.push_back(decade * step);
  }
  return ends;
}

class Staleness {
 public:
  Staleness(const Trace& trace, const Model& model)
      : trace_(trace), model_(model), ends_(class_ends()), curve_(ends_.size() + 1) {}

  Judgement judge() {
    result_.checker = "staleness";
    if (!trace_.has_times()) {
      result_.unknown("the history has no times");
      return std::move(result_);
    }
    if (!trace_.versions.empty()) {
      const Grouped<std::uint32_t> by_key = ops_by_key(trace_);
      for (std::uint32_t key = 0; key < by_key.groups(); ++key) judge_key(by_key.of(key));
      put_tables();
    } else {
      result_.notes.push_back("without versions only delta-atomicity can be told");
    }
    put_delta();
    const bool was_read = std::any_of(trace_.ops.begin(), trace_.ops.end(), [](const Op& op) {
      return op.action == Action::read && op.outcome == Outcome::ok;
    });
    if (!was_read || (all_.reads == 0 && !has_delta_)) {
      result_.unknown("there is nothing to judge");
    }
    return std::move(result_);
  }

 private:
  using Curve = std::vector<Tally>;  // by class of time

  struct Write {
    std::int64_t ret;
    std::uint32_t op;
  };

  const Version& version(std::uint32_t op) const { return trace_.versions[op]; }

  void judge_key(std::span<const std::uint32_t> ops) {
    writes_.clear();
    reads_.clear();
    for (const std::uint32_t at : ops) {
      const Op& op = trace_.ops[at];
      if (op.outcome != Outcome::ok) continue;
      if (op.action == Action::read) {
        if (version(at).is_set() || op.output.is_nil()) reads_.push_back(at);
      } else if (version(at).is_set()) {
        writes_.push_back({op.ret, at});
      }
    }
    std::sort(writes_.begin(), writes_.end(), [](const Write& a, const Write& b) {
      return std::tie(a.ret, a.op) < std::tie(b.ret, b.op);
    });
    const auto by_call = [&](std::uint32_t a, std::uint32_t b) {
      return trace_.ops[a].call < trace_.ops[b].call;
    };
    if (!std::is_sorted(reads_.begin(), reads_.end(), by_call)) {
      std::stable_sort(reads_.begin(), reads_.end(), by_call);
    }
    stale_.clear();
    std::size_t acknowledged = 0;
    const Write* newest = nullptr;
    for (const std::uint32_t at : reads_) {
      const Op& read = trace_.ops[at];
      for (; acknowledged < writes_.size() && writes_[acknowledged].ret < read.call;
           ++acknowledged) {
        const Write& write = writes_[acknowledged];
        if (newest == nullptr || version(newest->op) < version(write.op)) newest = &write;
      }
      const bool stale = newest != nullptr && version(at) < version(newest->op);
      if (stale) stale_.push_back(at);
      const std::int64_t age =
          newest == nullptr ? -1 : trace_.ns(read.call) - trace_.ns(newest->ret);
      tally(read, stale, age);
    }
    if (!stale_.empty()) measure();
  }

  void tally(const Op& read, bool stale, std::int64_t age_ns) {
    for (Tally* one : {&all_, &tally_of(phases_, read.phase), &tally_of(nodes_, read.node)}) {
      ++one->reads;
      one->stale += stale;
    }
    if (age_ns < 0) return;
    const auto at = static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), age_ns) -
                                             ends_.begin());
    for (Curve* curve :
         {&curve_, &curve_of(phase_curves_, read.phase), &curve_of(node_curves_, read.node)}) {
      ++(*curve)[at].reads;
      (*curve)[at].stale += stale;
    }
  }
  Curve& curve_of(std::vector<Curve>& curves, std::size_t at) {
    if (at == kNoNode) at = 0;
    if (curves.size() <= at) curves.resize(at + 1, Curve(ends_.size() + 1));
    return curves[at];
  }
  static Tally& tally_of(std::vector<Tally>& tallies, std::size_t at) {
    if (at == kNoNode) at = 0;
    if (tallies.size() <= at) tallies.resize(at + 1);
    return tallies[at];
  }

  // Versions and time behind, of the stale reads of one key. writes_ are by return.
  void measure() {
    std::vector<std::uint32_t> order;  // of writes_, by version
    for (std::uint32_t i = 0; i < writes_.size(); ++i) order.push_back(i);
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      return version(writes_[a].op) < version(writes_[b].op);
    });
    std::vector<std::uint32_t> rank(writes_.size());
    std::vector<std::uint32_t> earliest(writes_.size());  // of it and newer ones: the first return
    for (std::size_t i = order.size(); i-- > 0;) {
      rank[order[i]] = static_cast<std::uint32_t>(i);
      earliest[i] = order[i];
      if (i + 1 < order.size() && earliest[i + 1] < order[i]) earliest[i] = earliest[i + 1];
    }
    std::vector<std::uint32_t> tree(writes_.size() + 1, 0);  // Fenwick, by rank
    std::size_t added = 0;
    for (const std::uint32_t at : stale_) {
      const Op& read = trace_.ops[at];
      for (; added < writes_.size() && writes_[added].ret < read.call; ++added) {
        for (std::size_t i = rank[added] + 1; i < tree.size(); i += i & -i) ++tree[i];
      }
      const auto first =
          static_cast<std::size_t>(std::upper_bound(order.begin(), order.end(), version(at),
                                                    [&](const Version& v, std::uint32_t w) {
                                                      return v < version(writes_[w].op);
                                                    }) -
                                   order.begin());
      std::int64_t behind = static_cast<std::int64_t>(added);
      for (std::size_t i = first; i > 0; i -= i & -i) behind -= tree[i];
      const Write& cause = writes_[earliest[first]];
      note_stale(at, cause.op, behind, trace_.ns(read.call) - trace_.ns(cause.ret));
    }
  }

  void note_stale(std::uint32_t at, std::uint32_t cause, std::int64_t versions, std::int64_t ns) {
    const Op& read = trace_.ops[at];
    ++versions_behind_[versions];
    for (Tally* one : {&all_, &tally_of(phases_, read.phase), &tally_of(nodes_, read.node)}) {
      one->worst_ns = std::max(one->worst_ns, ns);
      one->worst_versions = std::max(one->worst_versions, versions);
    }
    result_.find("stale-read",
                 describe(trace_, read) + " is " + std::to_string(versions) + " versions and " +
                     length_text(ns) + " behind: " + describe(trace_, trace_.ops[cause]) +
                     " had been acknowledged",
                 {cause, at});
  }

  void put_tables() {
    result_.count("reads", static_cast<std::uint64_t>(all_.reads));
    result_.count("stale", static_cast<std::uint64_t>(all_.stale));
    result_.count("worst_ns", static_cast<std::uint64_t>(all_.worst_ns));
    result_.count("worst_versions", static_cast<std::uint64_t>(all_.worst_versions));
    const std::string title = "P(stale | time since the newest acknowledged write)";
    put_curve(title, curve_);
    for (std::size_t i = 0; i < phase_curves_.size() && trace_.phases.size() > 1; ++i) {
      put_curve(title + ", phase " + trace_.phases[i], phase_curves_[i]);
    }
    for (std::size_t i = 0; i < node_curves_.size() && node_curves_.size() > 1; ++i) {
      put_curve(title + ", node " + node_name(static_cast<NodeId>(i)), node_curves_[i]);
    }
    put_tallies("by phase", phases_, [&](std::size_t i) { return trace_.phases[i]; });
    put_tallies("by node", nodes_,
                [&](std::size_t i) { return node_name(static_cast<NodeId>(i)); });
    Table behind{"reads by versions behind", {"versions", "reads"}, {}};
    for (const auto& [versions, reads] : versions_behind_) {
      behind.rows.push_back({std::to_string(versions), {reads}});
    }
    result_.tables.push_back(std::move(behind));
  }
  void put_curve(const std::string& title, const Curve& curve) {
    Table table{title, {"below_ns", "reads", "stale", "per_million", "low_95", "high_95"}, {}};
    for (std::size_t i = 0; i < curve.size(); ++i) {
      const Tally& one = curve[i];
      if (one.reads == 0) continue;
      const auto [low, high] = bounds(one.stale, one.reads);
      table.rows.push_back({i < ends_.size() ? std::to_string(ends_[i]) : "more",
                            {one.reads, one.stale, one.stale * 1'000'000 / one.reads, low, high}});
    }
    if (!table.rows.empty()) result_.tables.push_back(std::move(table));
  }
  template <class Name>
  void put_tallies(const char* title, const std::vector<Tally>& tallies, Name&& name) {
    Table table{title, {"name", "reads", "stale", "worst_ns", "worst_versions"}, {}};
    for (std::size_t i = 0; i < tallies.size(); ++i) {
      const Tally& one = tallies[i];
      if (one.reads == 0) continue;
      table.rows.push_back({name(i), {one.reads, one.stale, one.worst_ns, one.worst_versions}});
    }
    result_.tables.push_back(std::move(table));
  }

  // The smallest number of ns by which reads must be allowed to look back. Zones only shrink as it
  // grows, so bisection finds it.
  void put_delta() {
    if (guess_model(trace_) != ModelKind::reg) return;
    if (trace_.axis == Axis::time_ns) {
      put_delta_of(trace_);
      return;
    }
    Trace in_ns = trace_;
    in_ns.axis = Axis::time_ns;
    for (Op& op : in_ns.ops) {
      op.call = trace_.ns(op.call);
      if (op.ret != kNever_ns) op.ret = std::max(op.call, trace_.ns(op.ret));
    }
    put_delta_of(in_ns);
  }
  void put_delta_of(const Trace& in_ns) {
    const Grouped<Item> keyed = keyed_ops(in_ns, model_);
    std::int64_t delta = 0;
    for (std::uint32_t key = 0; key < keyed.groups(); ++key) {
      if (check_zones(in_ns, keyed.of(key), model_, delta).verdict == ZoneVerdict::valid) continue;
      std::int64_t high = std::int64_t{1} << 60;
      const ZoneVerdict widest = check_zones(in_ns, keyed.of(key), model_, high).verdict;
      if (widest != ZoneVerdict::valid) {
        if (widest == ZoneVerdict::invalid) {
          result_.notes.push_back("key \"" + trace_.keys[key] +
                                  "\" is delta-atomic for no delta: more than staleness is wrong");
        }
        return;
      }
      while (high - delta > 1) {
        const std::int64_t middle = delta + (high - delta) / 2;
        const bool valid =
            check_zones(in_ns, keyed.of(key), model_, middle).verdict == ZoneVerdict::valid;
        (valid ? high : delta) = middle;
      }
      delta = high;
    }
    has_delta_ = true;
    result_.count("delta_ns", static_cast<std::uint64_t>(delta));
    if (delta > 0) result_.verdict = Verdict::invalid;
  }

  const Trace& trace_;
  const Model& model_;
  const std::vector<std::int64_t> ends_;
  Judgement result_;
  std::vector<Write> writes_;  // of the key in hand
  std::vector<std::uint32_t> reads_;
  std::vector<std::uint32_t> stale_;
  Tally all_;
  Curve curve_;
  std::vector<Curve> phase_curves_;
  std::vector<Curve> node_curves_;
  std::vector<Tally> phases_;
  std::vector<Tally> nodes_;
  std::map<std::int64_t, std::int64_t> versions_behind_;
  bool has_delta_ = false;
};

}  // namespace

Judgement judge_staleness(const Trace& trace, const LinearOptions& options) {
  return Staleness(trace, options.model).judge();
}

}  // namespace holdfast::checkers
