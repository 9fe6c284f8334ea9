#include "checkers/convergence.h"

#include <map>

namespace holdfast::checkers {
namespace {

class Convergence {
 public:
  Convergence(const Inputs& inputs, const WriteIndex& writes, CheckResult& result)
      : inputs_(inputs), state_(inputs.final_state), writes_(writes), result_(result) {}

  void judge() {
    for (KeyId key = 0; key < inputs_.history.keys.size(); ++key) judge_key(key);
    judge_measured();
    conclude();
  }

 private:
  // A tombstone that may be purged is as good as none.
  const RowState* visible(NodeId node, KeyId key) const {
    const RowState* row = state_.row(node, key);
    const bool purgeable = row != nullptr && row->deleted && inputs_.facts.tombstone_grace;
    return purgeable ? nullptr : row;
  }

  void judge_key(KeyId key) {
    const std::span<const NodeId> owners = state_.owners(key);
    NodeId first = kNoNode, newest = kNoNode;
    bool equal = true, all_dumped = !owners.empty();
    for (const NodeId owner : owners) {
      if (!state_.is_dumped(owner)) {
        all_dumped = false;
        continue;
      }
      const RowState* row = visible(owner, key);
      if (first == kNoNode) first = owner;
      const RowState* reference = visible(first, key);
      equal = equal && (row == nullptr) == (reference == nullptr) &&
              (row == nullptr || *row == *reference);
      if (row != nullptr && (newest == kNoNode || row->version > visible(newest, key)->version)) {
        newest = owner;
      }
    }
    if (first == kNoNode && writes_.writes_of(key).empty()) return;  // nothing to compare
    ++keys_;
    keys_not_dumped_ += !all_dumped;
    if (!equal) report(key, owners, newest);
  }

  // Names an owner whose row is not the newest one, and the write that it lacks.
  void report(KeyId key, std::span<const NodeId> owners, NodeId newest) {
    Anomaly anomaly;
    anomaly.kind = AnomalyClass::diverged;
    anomaly.key = key;
    const RowState& best = *visible(newest, key);
    if (best.id.is_set()) anomaly.operation = writes_.find(best.id);
    for (const NodeId owner : owners) {
      if (!state_.is_dumped(owner) || anomaly.node != kNoNode) continue;
      const RowState* row = visible(owner, key);
      if (row == nullptr || !(*row == best)) anomaly.node = owner;
    }
    result_.anomalies.push_back(anomaly);
  }

  void judge_measured() {
    const Facts::Convergence& measured = inputs_.facts.convergence;
    Anomaly anomaly;
    if (measured.after_ms && measured.bound_ms && *measured.after_ms > *measured.bound_ms) {
      anomaly.kind = AnomalyClass::late_convergence;
      anomaly.amount = *measured.after_ms - *measured.bound_ms;
      result_.anomalies.push_back(anomaly);
    }
    if (measured.drain_overdue) report_undrained();
    if (measured.silent && !*measured.silent) {
      anomaly.kind = AnomalyClass::not_silent;
      anomaly.amount = 0;
      result_.anomalies.push_back(anomaly);
    }
  }

  // By what each node said last.
  void report_undrained() {
    std::map<NodeId, const NodeStatus*> last;
    for (const NodeStatus& status : state_.statuses()) last[status.node] = &status;
    for (const auto& [node, status] : last) {
      for (const QueueStatus& queue : status->queues) {
        if (queue.count == 0) continue;
        Anomaly anomaly;
        anomaly.kind = AnomalyClass::undrained;
        anomaly.node = node;
        anomaly.destination = queue.destination;
        anomaly.amount = static_cast<std::int64_t>(queue.count);
        result_.anomalies.push_back(anomaly);
      }
    }
  }

  void conclude() {
    const Facts::Convergence& measured = inputs_.facts.convergence;
    const auto diverged = static_cast<std::int64_t>(result_.count(AnomalyClass::diverged));
    if (keys_ == 0 || keys_not_dumped_ > 0) {
      result_.floor = Verdict::unknown;
      result_.notes.push_back(keys_ == 0 ? "no keys"
                                         : std::to_string(keys_not_dumped_) +
                                               " keys have an owner that was not dumped");
    }
    result_.set("converged", diverged == 0 && result_.floor == Verdict::valid);
    result_.set("after_ms", measured.after_ms.value_or(-1));
    result_.set("repaired_keys", static_cast<std::int64_t>(measured.repaired_keys));
    result_.set("hash_comparisons", static_cast<std::int64_t>(measured.hash_comparisons));
    result_.set("bytes", static_cast<std::int64_t>(measured.bytes));
    result_.set("keys", keys_);
    result_.set("diverged", diverged);
    if (measured.silent) result_.set("silent", *measured.silent);
    result_.verdict = result_.anomalies.empty() ? result_.floor : Verdict::invalid;
  }

  const Inputs& inputs_;
  const FinalState& state_;
  const WriteIndex& writes_;
  CheckResult& result_;
  std::int64_t keys_ = 0;
  std::int64_t keys_not_dumped_ = 0;
};

}  // namespace

CheckResult check_convergence(const Inputs& inputs, const WriteIndex& writes) {
  CheckResult result;
  Convergence(inputs, writes, result).judge();
  return result;
}

}  // namespace holdfast::checkers
