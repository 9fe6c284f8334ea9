#include "checkers/lost_writes.h"

#include <algorithm>
#include <tuple>

#include "checkers/purge.h"
#include "checkers/sightings.h"

namespace holdfast::checkers {
namespace {

struct Counts {
  std::int64_t acknowledged = 0;
  std::int64_t verified = 0;
  std::int64_t superseded = 0;
  std::int64_t undecided = 0;
};

// What one owner of the key at hand shows.
struct OwnerView {
  NodeId node = kNoNode;
  bool dumped = false;
  bool has_row = false;
  bool live = false;   // its row has a value
  Version version;     // of its row, or of the purged delete that explains why there is none
  bool known = false;  // a write of the history gave that version
};

// How the owners stand to one write.
struct Standing {
  std::size_t having = 0;       // dumped owners with its version or a higher one
  std::size_t having_rows = 0;  // of these, not by a purged tombstone
  std::size_t exactly = 0;      // of these, with its own
  std::size_t lacking = 0;
  std::size_t undumped = 0;
  NodeId first_lacking = kNoNode;
  bool all_known = true;     // every version at or above its own is of a write of the history
  bool shows_older = false;  // an owner that lacks it shows a value
};

// The newest that is no owner's row: a row on another node, or a hint.
struct Elsewhere {
  Version version;
  NodeId node = kNoNode;
  NodeId destination = kNoNode;
};

class LostWrites {
 public:
  LostWrites(const Inputs& inputs, const WriteIndex& writes, CheckResult& result)
      : history_(inputs.history),
        state_(inputs.final_state),
        writes_(writes),
        purge_(inputs, writes),
        result_(result),
        makers_(judge_sightings(inputs, writes, result.anomalies)) {}

  void judge() {
    sort_hints();
    all_dumped_ = state_.all_dumped();
    for (KeyId key = 0; key < history_.keys.size(); ++key) judge_key(key);
  }

  const Counts& counts() const { return counts_; }

 private:
  void sort_hints() {
    const std::span<const FinalHint> hints = state_.hints();
    hints_.assign(hints.begin(), hints.end());
    std::sort(hints_.begin(), hints_.end(), [&](const FinalHint& a, const FinalHint& b) {
      return std::tuple(key_of(a), a.holder, a.destination, a.mutation) <
             std::tuple(key_of(b), b.holder, b.destination, b.mutation);
    });
  }

  KeyId key_of(const FinalHint& hint) const { return state_.mutations()[hint.mutation].key; }

  void judge_key(KeyId key) {
    const std::span<const OperationIndex> of_key = writes_.writes_of(key);
    if (of_key.empty()) return;
    look_at_owners(key);
    look_elsewhere(key);
    find_newest_before(of_key);
    for (std::size_t i = 0; i < of_key.size(); ++i) {
      if (history_.operations[of_key[i]].outcome == Outcome::ok) {
        judge_write(of_key[i], newest_before_[i]);
      }
    }
  }

  void look_at_owners(KeyId key) {
    owners_.clear();
    const Purge::OfKey purged = purge_.of_key(key);
    for (const NodeId node : state_.owners(key)) {
      OwnerView& view = owners_.emplace_back();
      view.node = node;
      view.dumped = state_.is_dumped(node);
      if (!view.dumped) continue;
      const std::uint32_t mutation = state_.row_mutation(node, key);
      view.has_row = mutation != kNoMutation;
      view.known = !view.has_row || makers_[mutation] != kNoOperation;
      if (!view.has_row) {
        view.version = purged.newest;
        continue;
      }
      const RowState& row = state_.mutations()[mutation].row;
      view.version = row.version;
      view.live = !row.deleted;
    }
  }

  void look_elsewhere(KeyId key) {
    elsewhere_ = {};
    const std::span<const NodeId> owners = state_.owners(key);
    for (NodeId node = 0; node < state_.nodes(); ++node) {
      if (std::find(owners.begin(), owners.end(), node) != owners.end()) continue;
      const RowState* row = state_.row(node, key);
      if (row != nullptr) consider({row->version, node, kNoNode});
    }
    for (; next_hint_ < hints_.size() && key_of(hints_[next_hint_]) <= key; ++next_hint_) {
      const FinalHint& hint = hints_[next_hint_];
      if (key_of(hint) < key) continue;
      consider({state_.mutations()[hint.mutation].row.version, hint.holder, hint.destination});
    }
  }

  void consider(const Elsewhere& candidate) {
    if (candidate.version > elsewhere_.version) elsewhere_ = candidate;
  }

  // For each write of the key: the highest version among those completed before it began.
  void find_newest_before(std::span<const OperationIndex> of_key) {
    by_completion_.clear();
    for (const OperationIndex write : of_key) {
      const Operation& operation = history_.operations[write];
      if (operation.outcome == Outcome::ok && operation.version.is_set()) {
        by_completion_.push_back(write);
      }
    }
    std::sort(by_completion_.begin(), by_completion_.end(),
              [&](OperationIndex a, OperationIndex b) {
                return std::pair(history_.operations[a].completed_ns, a) <
                       std::pair(history_.operations[b].completed_ns, b);
              });
    newest_before_.assign(of_key.size(), kNoOperation);
    OperationIndex newest = kNoOperation;
    std::size_t done = 0;
    for (std::size_t i = 0; i < of_key.size(); ++i) {
      const std::int64_t invoked_ns = history_.operations[of_key[i]].invoked_ns;
      for (; done < by_completion_.size(); ++done) {
        const Operation& before = history_.operations[by_completion_[done]];
        if (before.completed_ns >= invoked_ns) break;
        if (newest == kNoOperation || before.version > history_.operations[newest].version) {
          newest = by_completion_[done];
        }
      }
      newest_before_[i] = newest;
    }
  }

  void judge_write(OperationIndex index, OperationIndex newest_before) {
    const Operation& write = history_.operations[index];
    ++counts_.acknowledged;
    Standing standing;
    for (const OwnerView& owner : owners_) {
      if (!owner.dumped) {
        ++standing.undumped;
      } else if (owner.version >= write.version) {
        ++standing.having;
        standing.having_rows += owner.has_row;
        standing.exactly += owner.version == write.version;
        standing.all_known = standing.all_known && owner.known;
      } else {
        if (standing.lacking++ == 0) standing.first_lacking = owner.node;
        standing.shows_older = standing.shows_older || owner.live;
      }
    }
    const std::size_t dumped = standing.having + standing.lacking;
    if (!write.version.is_set() || dumped == 0) {
      leave_undecided();
    } else if (standing.lacking > 0) {
      judge_lacking(index, standing);
    } else if (standing.undumped > 0) {
      leave_undecided();
    } else if (standing.exactly > 0) {
      ++counts_.verified;
    } else if (!standing.all_known) {
      leave_undecided();  // by a phantom, which is reported as such
    } else {
      judge_superseded(index, newest_before);
    }
  }

  void leave_undecided() {
    ++counts_.undecided;
    result_.floor = worst(result_.floor, Verdict::unknown);
  }

  void judge_superseded(OperationIndex index, OperationIndex newest_before) {
    const Operation& write = history_.operations[index];
    if (newest_before == kNoOperation ||
        history_.operations[newest_before].version <= write.version) {
      ++counts_.superseded;
      return;
    }
    // The clocks that made the two versions were apart by at least this much.
    const Operation& before = history_.operations[newest_before];
    const std::int64_t ahead_us = before.version.clock_us - write.version.clock_us;
    const std::int64_t gap_ns = ahead_us * 1000 + (write.invoked_ns - before.completed_ns);
    report(AnomalyClass::discarded, index, kNoNode, kNoNode, newest_before, gap_ns);
  }

  // At least one dumped owner lacks the write.
  void judge_lacking(OperationIndex index, const Standing& standing) {
    const Operation& write = history_.operations[index];
    const NodeId lacking = standing.first_lacking;
    const bool comes_back = write.function == Function::del && standing.shows_older;
    if (comes_back && standing.having_rows == 0 && purge_.is_due(write)) {
      report(AnomalyClass::resurrected, index, lacking);
    } else if (standing.having > 0) {
      report(AnomalyClass::under_replicated, index, lacking);
    } else if (standing.undumped == 0 && elsewhere_.version >= write.version) {
      report(AnomalyClass::stranded, index, elsewhere_.node, elsewhere_.destination);
    } else if (!all_dumped_) {
      // Certainly not where it should be; a node that was not dumped may have the only copy.
      report(AnomalyClass::under_replicated, index, lacking);
      result_.floor = worst(result_.floor, Verdict::unknown);
    } else if (comes_back) {
      report(AnomalyClass::resurrected, index, lacking);
    } else {
      report(AnomalyClass::lost, index);
    }
  }

  void report(AnomalyClass kind, OperationIndex index, NodeId node = kNoNode,
              NodeId destination = kNoNode, OperationIndex other = kNoOperation,
              std::int64_t amount = 0) {
    Anomaly anomaly;
    anomaly.kind = kind;
    anomaly.operation = index;
    anomaly.other = other;
    anomaly.key = history_.operations[index].key;
    anomaly.node = node;
    anomaly.destination = destination;
    anomaly.amount = amount;
    result_.anomalies.push_back(anomaly);
  }

  const History& history_;
  const FinalState& state_;
  const WriteIndex& writes_;
  const Purge purge_;
  CheckResult& result_;
  const std::vector<OperationIndex> makers_;  // of the final state's mutations
  Counts counts_;
  bool all_dumped_ = false;
  std::vector<FinalHint> hints_;  // by key
  std::size_t next_hint_ = 0;
  // Of the key at hand.
  std::vector<OwnerView> owners_;
  Elsewhere elsewhere_;
  std::vector<OperationIndex> by_completion_;
  std::vector<OperationIndex> newest_before_;
};

void conclude(const Counts& counts, std::size_t reads, CheckResult& result) {
  const auto anomalies = [&](AnomalyClass kind) {
    return static_cast<std::int64_t>(result.count(kind));
  };
  result.set("acknowledged", counts.acknowledged);
  result.set("verified", counts.verified);
  result.set("superseded", counts.superseded);
  result.set("lost", anomalies(AnomalyClass::lost));
  result.set("stranded", anomalies(AnomalyClass::stranded));
  result.set("under_replicated", anomalies(AnomalyClass::under_replicated));
  result.set("discarded", anomalies(AnomalyClass::discarded));
  result.set("rewritten", anomalies(AnomalyClass::rewritten));
  result.set("shared_version", anomalies(AnomalyClass::shared_version));
  result.set("resurrected", anomalies(AnomalyClass::resurrected));
  result.set("phantom", anomalies(AnomalyClass::phantom));
  result.set("undecided", counts.undecided);
  if (counts.undecided > 0) {
    result.notes.push_back(std::to_string(counts.undecided) +
                           " acknowledged writes cannot be judged: an owner was not dumped, or "
                           "their version is not known");
  }
  if (counts.acknowledged == 0) {
    result.floor = Verdict::unknown;
    result.notes.push_back(reads == 0 ? "no operations" : "no write was acknowledged");
  }
  result.verdict = result.anomalies.empty() ? result.floor : Verdict::invalid;
}

}  // namespace

CheckResult check_lost_writes(const Inputs& inputs, const WriteIndex& writes) {
  CheckResult result;
  LostWrites checker(inputs, writes, result);
  checker.judge();
  conclude(checker.counts(), inputs.history.operations.size(), result);
  return result;
}

}  // namespace holdfast::checkers
