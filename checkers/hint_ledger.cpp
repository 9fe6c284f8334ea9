#include "checkers/hint_ledger.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "checkers/hint_queues.h"
#include "checkers/hint_traffic.h"
#include "checkers/purge.h"

namespace holdfast::checkers {
namespace {

// How late a node may store a hint, or look at its age before it delivers it: a busy machine's
// nodes are late for what they have to do.
constexpr Duration kExpirySlack = std::chrono::seconds(3);

struct Totals {
  std::int64_t created = 0, delivered = 0, expired = 0, dropped = 0, quarantined = 0, pending = 0;
  std::int64_t destroyed = 0;  // pending in a store that is no more

  void add(const NodeStatus& status, bool current) {
    created += static_cast<std::int64_t>(status.created);
    delivered += static_cast<std::int64_t>(status.delivered);
    expired += static_cast<std::int64_t>(status.expired);
    dropped += static_cast<std::int64_t>(status.dropped);
    quarantined += static_cast<std::int64_t>(status.quarantined);
    (current ? pending : destroyed) += static_cast<std::int64_t>(status.pending);
  }
};

// The hints a reply named, by what became of them.
struct Fates {
  std::int64_t acknowledged = 0;
  std::int64_t delivered = 0;
  std::int64_t pending = 0;
  std::int64_t destroyed = 0;
  std::int64_t given_up = 0;  // expired, dropped or quarantined, by the holder's counts
  std::int64_t undecided = 0;
};

struct PendingHint {
  OperationId id;
  NodeId holder = kNoNode;
  NodeId destination = kNoNode;
  auto operator<=>(const PendingHint&) const = default;
};

struct Unaccounted {
  OperationIndex operation = kNoOperation;
  Copy copy;
  bool may_have_expired = false;
};

class HintLedgerCheck {
 public:
  HintLedgerCheck(const Inputs& inputs, const WriteIndex& writes, CheckResult& result)
      : inputs_(inputs), state_(inputs.final_state), purge_(inputs, writes), result_(result) {}

  void judge() {
    for (const NodeStatus& status : state_.statuses()) {
      judge_sum(status);
      judge_limits(status);
    }
    for (const NodeStatus* status : state_.statuses_in_order()) judge_progress(*status);
    for (const auto& [store, status] : last_) {
      totals_.add(*status, is_current(*status));
      by_node_[status->node].add(*status, true);
    }
    check_hint_queues(inputs_, result_.anomalies);
    check_hint_traffic(inputs_, result_.anomalies);
    judge_hints();
    conclude();
  }

 private:
  void report(AnomalyClass kind, NodeId node, std::int64_t amount, NodeId destination = kNoNode,
              OperationIndex operation = kNoOperation) {
    Anomaly anomaly;
    anomaly.kind = kind;
    anomaly.node = node;
    anomaly.destination = destination;
    anomaly.operation = operation;
    anomaly.amount = amount;
    if (operation != kNoOperation) anomaly.key = inputs_.history.operations[operation].key;
    result_.anomalies.push_back(anomaly);
  }

  void judge_sum(const NodeStatus& status) {
    const std::uint64_t sum =
        status.delivered + status.expired + status.dropped + status.quarantined + status.pending;
    if (status.created != sum) {
      report(AnomalyClass::ledger_off, status.node,
             static_cast<std::int64_t>(status.created - sum));
    }
  }

  // Whether a failure may have undone what the node had counted, but not synced, between the two.
  bool may_forget(const NodeStatus& before, const NodeStatus& now) const {
    return std::ranges::any_of(inputs_.faults, [&](const FaultRecord& fault) {
      return fault.hits(now.node) && fault.overlaps(before.asked_ns, now.at_ns) &&
             fault.effects.may_forget();
    });
  }

  // Counts of one store never go back, except to what was synced.
  void judge_progress(const NodeStatus& status) {
    const NodeStatus*& last = last_[{status.node, status.store}];
    if (last != nullptr && !may_forget(*last, status) &&
        (status.created < last->created || status.delivered < last->delivered ||
         status.expired < last->expired || status.dropped < last->dropped ||
         status.quarantined < last->quarantined)) {
      report(AnomalyClass::ledger_off, status.node, 0);
    }
    last = &status;
  }

  // Whether no later status of the node is of another store.
  bool is_current(const NodeStatus& status) const {
    const std::span<const NodeStatus> statuses = state_.statuses();
    const NodeStatus* latest = &status;
    for (const NodeStatus& other : statuses) {
      if (other.node == status.node && other.at_ns >= latest->at_ns) latest = &other;
    }
    return latest->store == status.store;
  }

  void judge_limits(const NodeStatus& status) {
    const Facts& facts = inputs_.facts;
    const auto judge_cap = [&](std::uint64_t size, std::uint64_t cap, NodeId destination) {
      if (cap != 0 && size > cap) {
        report(AnomalyClass::over_cap, status.node, static_cast<std::int64_t>(size - cap),
               destination);
      }
    };
    std::uint64_t bytes = 0;
    for (const QueueStatus& queue : status.queues) {
      bytes += queue.bytes;
      judge_cap(queue.count, facts.hint_max_count_per_destination, queue.destination);
      judge_cap(queue.bytes, facts.hint_max_bytes_per_destination, queue.destination);
      const Duration slack = age_slack(facts);
      if (facts.hint_max_age < Duration::max() - slack &&
          queue.oldest_age > facts.hint_max_age + slack && !was_stopped(status, slack)) {
        report(AnomalyClass::over_age, status.node, to_us(queue.oldest_age - facts.hint_max_age),
               queue.destination);
      }
    }
    judge_cap(status.pending, facts.hint_max_count, kNoNode);
    judge_cap(bytes, facts.hint_max_bytes, kNoNode);
    if (status.expired > 0 && !can_expire(0, status.at_ns)) {
      report(AnomalyClass::early_expiry, status.node, static_cast<std::int64_t>(status.expired));
    }
  }

  // Whether the node stood still for a while before it told of itself: then it had no time to look.
  bool was_stopped(const NodeStatus& status, Duration before) const {
    return std::ranges::any_of(inputs_.faults, [&](const FaultRecord& fault) {
      return fault.hits(status.node) && fault.effects.impairs() &&
             fault.overlaps(status.asked_ns - to_us(before) * 1000, status.at_ns);
    });
  }

  bool can_expire(std::int64_t stored_ns, std::int64_t now_ns) const {
    return inputs_.facts.hint_max_age != Duration::max() &&
           (now_ns - stored_ns) / 1000 >= to_us(inputs_.facts.hint_max_age);
  }

  void judge_hints() {
    for (const FaultRecord& fault : inputs_.faults) {
      if (fault.effects.may_forget()) destroying_.push_back(&fault);
    }
    const std::span<const Mutation> mutations = state_.mutations();
    for (const FinalHint& hint : state_.hints()) {
      pending_.push_back({mutations[hint.mutation].row.id, hint.holder, hint.destination});
    }
    std::sort(pending_.begin(), pending_.end());
    const std::vector<Operation>& operations = inputs_.history.operations;
    for (OperationIndex i = 0; i < operations.size(); ++i) {
      const Operation& write = operations[i];
      if (!write.is_write() || write.outcome != Outcome::ok) continue;
      for (const Copy& copy : write.copies.all()) {
        if (copy.is_hint()) judge_hint(i, copy);
      }
    }
    for (auto& [holder, hints] : unaccounted_) judge_unaccounted(holder, hints);
    judge_late_deliveries();
  }

  // Whether another fault may have held up those who had to store hints for the write.
  bool is_hinted_late(const Operation& write, const FaultRecord& except) const {
    const std::int64_t last_ns = write.invoked_ns + to_us(inputs_.facts.hint_delay) * 1000;
    return std::ranges::any_of(inputs_.faults, [&](const FaultRecord& fault) {
      return &fault != &except && fault.effects.impairs() &&
             fault.overlaps(write.invoked_ns, last_ns);
    });
  }

  // By hints alone a node that was stopped from a write's invocation until all of its hints were
  // over their age does not get it any more.
  void judge_late_deliveries() {
    const Facts& facts = inputs_.facts;
    if (facts.repairs || facts.hint_max_age >= Duration::max() / 1000 - kExpirySlack) return;
    const std::int64_t length_ns =
        (to_us(facts.hint_delay) + to_us(facts.hint_max_age) + to_us(kExpirySlack)) * 1000;
    const std::vector<Operation>& operations = inputs_.history.operations;
    for (const FaultRecord& fault : inputs_.faults) {
      // What was sent to a paused process may wait there, for as long as it stands still.
      const bool drops = fault.kills_nodes();
      const std::int64_t until_ns = std::min(fault.until_ns, state_.at_ns());
      if (!drops || until_ns - fault.at_ns < length_ns) continue;
      for (OperationIndex i = 0; i < operations.size(); ++i) {
        const Operation& write = operations[i];
        const bool within =
            write.invoked_ns > fault.at_ns && write.invoked_ns <= until_ns - length_ns;
        if (!within || !write.is_write() || !write.version.is_set()) continue;
        if (is_hinted_late(write, fault)) continue;
        for (const NodeId node : fault.nodes) {
          const RowState* const row = state_.row(node, write.key);
          if (row == nullptr || row->id != write.id) continue;
          const std::int64_t over_us = (until_ns - write.invoked_ns - length_ns) / 1000;
          report(AnomalyClass::over_age, kNoNode, over_us, node, i);
        }
      }
    }
  }

  void judge_hint(OperationIndex index, const Copy& copy) {
    const Operation& write = inputs_.history.operations[index];
    ++fates_.acknowledged;
    if (copy.node >= state_.nodes() || copy.destination >= state_.nodes()) {
      ++fates_.undecided;
    } else if (is_delivered(write, copy.destination)) {
      ++fates_.delivered;
    } else if (is_pending({write.id, copy.node, copy.destination})) {
      ++fates_.pending;
    } else if (is_destroyed(write, copy)) {
      ++fates_.destroyed;
    } else if (!state_.is_dumped(copy.node) || !state_.is_dumped(copy.destination)) {
      ++fates_.undecided;
    } else {
      unaccounted_[copy.node].push_back(
          {index, copy, can_expire(write.invoked_ns, state_.at_ns())});
    }
  }

  // Whether the destination shows the hint's version or a newer one.
  bool is_delivered(const Operation& write, NodeId destination) const {
    const RowState* row = state_.row(destination, write.key);
    if (row != nullptr) return row->version >= write.version;
    return state_.is_dumped(destination) && purge_.of_key(write.key).newest >= write.version &&
           write.version.is_set() && inputs_.facts.tombstone_grace.has_value();
  }

  bool is_pending(const PendingHint& hint) const {
    return std::binary_search(pending_.begin(), pending_.end(), hint);
  }

  // Whether an injected fault may have destroyed the hint, or what its delivery left.
  bool is_destroyed(const Operation& write, const Copy& copy) const {
    const Facts& facts = inputs_.facts;
    for (const FaultRecord* fault : destroying_) {
      if (fault->destroys(copy.node, write.invoked_ns, facts.hints_survive_power_loss)) return true;
    }
    return destroyer_of_delivery(inputs_.faults, copy.node, copy.destination, write.invoked_ns,
                                 facts.rows_survive_power_loss) != nullptr;
  }

  // A holder's unexplained hints must fit into its counts of those that it gave up: the young ones
  // into dropped and quarantined, the old ones also into expired.
  void judge_unaccounted(NodeId holder, std::vector<Unaccounted>& hints) {
    const auto found = by_node_.find(holder);
    if (found == by_node_.end()) {
      fates_.undecided += static_cast<std::int64_t>(hints.size());
      return;
    }
    std::int64_t expired = found->second.expired;
    // A holder's own count excuses only what somebody may have made it do.
    std::int64_t given_up = 0;
    for (const FaultRecord& fault : inputs_.faults) {
      if (fault.effects.drops_hints && fault.hits(holder)) given_up = found->second.dropped;
    }
    if (records_may_be_damaged()) given_up += found->second.quarantined;
    for (const Unaccounted& hint : hints) {
      if (hint.may_have_expired && expired > 0) {
        --expired;
        ++fates_.given_up;
      } else if (given_up > 0) {
        --given_up;
        ++fates_.given_up;
      } else {
        report(AnomalyClass::unaccounted_hint, hint.copy.node, 0, hint.copy.destination,
               hint.operation);
      }
    }
  }

  bool records_may_be_damaged() const {
    return std::ranges::any_of(inputs_.faults, [](const FaultRecord& fault) {
      return fault.effects.loss == FaultEffects::Loss::latent;
    });
  }

  void conclude() {
    result_.set("created", totals_.created);
    result_.set("delivered", totals_.delivered);
    result_.set("expired", totals_.expired);
    result_.set("dropped", totals_.dropped);
    result_.set("quarantined", totals_.quarantined);
    result_.set("pending", totals_.pending);
    result_.set("destroyed", totals_.destroyed);
    result_.set("acknowledged", fates_.acknowledged);
    result_.set("acknowledged_delivered", fates_.delivered);
    result_.set("acknowledged_pending", fates_.pending);
    result_.set("acknowledged_given_up", fates_.given_up);
    result_.set("acknowledged_destroyed", fates_.destroyed);
    result_.set("undecided", fates_.undecided);
    if (last_.empty()) {
      result_.floor = Verdict::unknown;
      result_.notes.push_back("no node told of its hints");
    } else if (fates_.undecided > 0) {
      result_.floor = Verdict::unknown;
      result_.notes.push_back(std::to_string(fates_.undecided) +
                              " acknowledged hints cannot be judged: holder or destination was "
                              "not dumped");
    }
    result_.verdict = result_.anomalies.empty() ? result_.floor : Verdict::invalid;
  }

  const Inputs& inputs_;
  const FinalState& state_;
  const Purge purge_;
  CheckResult& result_;
  std::map<std::pair<NodeId, std::uint64_t>, const NodeStatus*> last_;  // by node and store
  std::map<NodeId, Totals> by_node_;
  std::map<NodeId, std::vector<Unaccounted>> unaccounted_;  // by holder
  std::vector<PendingHint> pending_;
  std::vector<const FaultRecord*> destroying_;
  Totals totals_;
  Fates fates_;
};

}  // namespace

// A node looks after its oldest hints with its heartbeats, not at every moment.
Duration age_slack(const Facts& facts) {
  return 3 * facts.heartbeat_interval + std::chrono::seconds(1);
}

CheckResult check_hint_ledger(const Inputs& inputs, const WriteIndex& writes) {
  CheckResult result;
  HintLedgerCheck(inputs, writes, result).judge();
  return result;
}

}  // namespace holdfast::checkers
