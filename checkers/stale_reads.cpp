#include "checkers/stale_reads.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "checkers/text.h"

namespace holdfast::checkers {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::size_t kBuckets = 40;  // of ages: powers of two milliseconds

struct Share {
  std::int64_t reads = 0;
  std::int64_t stale = 0;
};

// Counts of numbers below its size, updated one at a time (Fenwick, 1994).
class Tally {
 public:
  void reset(std::size_t size) { sums_.assign(size + 1, 0); }
  void add(std::size_t at) {
    for (std::size_t i = at + 1; i < sums_.size(); i += i & (~i + 1)) ++sums_[i];
  }
  // How many were added at or above `at`.
  std::int64_t from(std::size_t at, std::int64_t added) const {
    std::int64_t below = 0;
    for (std::size_t i = at; i > 0; i -= i & (~i + 1)) below += sums_[i];
    return added - below;
  }

 private:
  std::vector<std::int64_t> sums_;
};

class StaleReads {
 public:
  StaleReads(const Inputs& inputs, const WriteIndex& writes, CheckResult& result)
      : history_(inputs.history), writes_(writes), result_(result) {
    by_phase_.resize(std::max<std::size_t>(1, history_.phases.size()));
  }

  void judge() {
    for (KeyId key = 0; key < history_.keys.size(); ++key) judge_key(key);
  }

  void conclude();

 private:
  const Operation& at(OperationIndex index) const { return history_.operations[index]; }

  void judge_key(KeyId key) {
    const std::span<const OperationIndex> reads = writes_.reads_of(key);
    if (reads.empty()) return;
    sort_acknowledged(key);
    const std::size_t first_anomaly = result_.anomalies.size();
    OperationIndex newest = kNoOperation;
    std::size_t done = 0;
    for (const OperationIndex index : reads) {
      const Operation& read = at(index);
      for (; done < acknowledged_.size(); ++done) {
        const Operation& write = at(acknowledged_[done]);
        if (write.completed_ns >= read.invoked_ns) break;
        if (newest == kNoOperation || write.version > at(newest).version) {
          newest = acknowledged_[done];
        }
      }
      if (read.outcome == Outcome::ok) judge_read(index, newest);
    }
    if (result_.anomalies.size() > first_anomaly) measure(first_anomaly);
  }

  // Acknowledged writes of the key in the order of their completions.
  void sort_acknowledged(KeyId key) {
    acknowledged_.clear();
    for (const OperationIndex index : writes_.writes_of(key)) {
      const Operation& write = at(index);
      if (write.outcome == Outcome::ok && write.version.is_set()) acknowledged_.push_back(index);
    }
    std::sort(acknowledged_.begin(), acknowledged_.end(), [&](OperationIndex a, OperationIndex b) {
      return std::pair(at(a).completed_ns, a) < std::pair(at(b).completed_ns, b);
    });
  }

  void judge_read(OperationIndex index, OperationIndex newest) {
    const Operation& read = at(index);
    const bool found = read.value != kNil;
    if (found && !read.version.is_set()) {
      ++unjudged_;
      return;
    }
    // Nothing found where the newest is a delete: just what it should be.
    const bool stale = newest != kNoOperation && read.version < at(newest).version &&
                       (found || at(newest).function != Function::del);
    count(read, newest, stale);
    if (!stale) return;
    shows_deleted_ += found && at(newest).function == Function::del;
    Anomaly anomaly;
    anomaly.kind = AnomalyClass::stale;
    anomaly.operation = index;
    anomaly.other = newest;
    anomaly.key = read.key;
    anomaly.node = read.node;
    result_.anomalies.push_back(anomaly);
  }

  void count(const Operation& read, OperationIndex newest, bool stale) {
    const auto add = [stale](Share& share) {
      ++share.reads;
      share.stale += stale;
    };
    add(all_);
    add(by_phase_[std::min<std::size_t>(read.phase, by_phase_.size() - 1)]);
    if (read.node != kNoNode) {
      if (read.node >= by_node_.size()) by_node_.resize(read.node + std::size_t{1});
      add(by_node_[read.node]);
    }
    if (newest == kNoOperation) return;
    const auto age_ms =
        static_cast<std::uint64_t>((read.invoked_ns - at(newest).completed_ns) / kMs);
    add(by_age_[std::min<std::size_t>(std::bit_width(age_ms), kBuckets - 1)]);
  }

  // How old the key's stale reads were, in time and in versions. Only keys that have one pay for
  // it.
  void measure(std::size_t first_anomaly) {
    std::vector<OperationIndex> by_version = acknowledged_;
    std::sort(by_version.begin(), by_version.end(), [&](OperationIndex a, OperationIndex b) {
      return std::pair(at(a).version, a) < std::pair(at(b).version, b);
    });
    const std::size_t size = by_version.size();
    const auto rank = [&](const Version& version) {
      const auto above = std::upper_bound(
          by_version.begin(), by_version.end(), version,
          [&](const Version& wanted, OperationIndex write) { return wanted < at(write).version; });
      return static_cast<std::size_t>(above - by_version.begin());
    };
    // When the first write above a rank was acknowledged: what the read returned was old then.
    std::vector<std::int64_t> outdated_ns(size + 1, kNever_ns);
    for (std::size_t i = size; i-- > 0;) {
      outdated_ns[i] = std::min(outdated_ns[i + 1], at(by_version[i]).completed_ns);
    }
    tally_.reset(size);
    std::size_t added = 0;
    for (std::size_t i = first_anomaly; i < result_.anomalies.size(); ++i) {
      Anomaly& anomaly = result_.anomalies[i];
      const Operation& read = at(anomaly.operation);
      for (; added < size && at(acknowledged_[added]).completed_ns < read.invoked_ns; ++added) {
        tally_.add(rank(at(acknowledged_[added]).version) - 1);
      }
      const std::size_t above = rank(read.version);
      anomaly.amount = read.invoked_ns - outdated_ns[above];
      worst_ns_ = std::max(worst_ns_, anomaly.amount);
      worst_versions_ =
          std::max(worst_versions_, tally_.from(above, static_cast<std::int64_t>(added)));
    }
  }

  const History& history_;
  const WriteIndex& writes_;
  CheckResult& result_;
  Share all_;
  std::int64_t unjudged_ = 0;
  std::int64_t shows_deleted_ = 0;
  std::int64_t worst_ns_ = 0;
  std::int64_t worst_versions_ = 0;
  std::vector<Share> by_phase_;
  std::vector<Share> by_node_;
  Share by_age_[kBuckets];
  Tally tally_;
  std::vector<OperationIndex> acknowledged_;  // of the key at hand
};

Table share_table(std::string name, std::string label) {
  Table table;
  table.name = std::move(name);
  table.columns = {std::move(label), "reads", "stale"};
  return table;
}

void add_share(Table& table, std::string label, const Share& share) {
  if (share.reads > 0) table.rows.push_back({std::move(label), {share.reads, share.stale}});
}

void StaleReads::conclude() {
  result_.set("reads", all_.reads);
  result_.set("stale", all_.stale);
  result_.set("worst_ms", worst_ns_ / kMs);
  result_.set("worst_versions_behind", worst_versions_);
  result_.set("shows_deleted", shows_deleted_);
  Table phases = share_table("by_phase", "phase");
  for (std::size_t i = 0; i < by_phase_.size(); ++i) {
    const bool named = i < history_.phases.size();
    add_share(phases, named ? history_.phases[i].name : "all", by_phase_[i]);
  }
  Table nodes = share_table("by_node", "node");
  for (std::size_t i = 0; i < by_node_.size(); ++i) {
    add_share(nodes, node_name(static_cast<NodeId>(i)), by_node_[i]);
  }
  Table ages = share_table("by_time_since_write", "below_ms");
  for (std::size_t i = 0; i < kBuckets; ++i) {
    add_share(ages, std::to_string(std::int64_t{1} << i), by_age_[i]);
  }
  result_.tables = {std::move(phases), std::move(nodes), std::move(ages)};
  if (unjudged_ > 0) {
    result_.notes.push_back(std::to_string(unjudged_) + " reads named no version");
    result_.floor = Verdict::unknown;
  }
  if (all_.reads == 0) {
    result_.floor = Verdict::unknown;
    result_.notes.push_back("no read succeeded");
  }
  result_.verdict = all_.stale == 0 ? result_.floor : Verdict::invalid;
}

}  // namespace

CheckResult check_stale_reads(const Inputs& inputs, const WriteIndex& writes) {
  CheckResult result;
  StaleReads checker(inputs, writes, result);
  checker.judge();
  checker.conclude();
  return result;
}

}  // namespace holdfast::checkers
