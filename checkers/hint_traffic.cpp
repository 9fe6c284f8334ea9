#include "checkers/hint_traffic.h"

#include <algorithm>
#include <map>

namespace holdfast::checkers {
namespace {

constexpr std::int64_t kMs_ns = 1'000'000;

// A bucket that leaks at a throttle's rate: what does not fit came too fast.
class LeakyBucket {
 public:
  LeakyBucket(std::uint64_t rate, std::uint64_t size)
      : rate_(static_cast<std::int64_t>(rate)), size_(static_cast<std::int64_t>(size)) {}

  // Whether there is a limit.
  bool is_used() const { return rate_ != 0; }
  void empty() { level_ = 0; }

  // `bytes` came within `span_ns`. By how many there were too many; 0 if none.
  std::int64_t pour(std::uint64_t bytes, std::int64_t span_ns) {
    if (rate_ == 0) return 0;
    level_ += static_cast<std::int64_t>(bytes);
    const std::int64_t span_ms = span_ns / kMs_ns + 1;
    const std::int64_t until_empty_ms = level_ * 1000 / rate_ + 1;  // no overflow: then it is empty
    level_ =
        span_ms > until_empty_ms ? 0 : std::max<std::int64_t>(0, level_ - rate_ * span_ms / 1000);
    const std::int64_t over = level_ - size_;
    if (over > 0) level_ = 0;
    return std::max<std::int64_t>(0, over);
  }

 private:
  std::int64_t rate_;
  std::int64_t size_;
  std::int64_t level_ = 0;
};

std::uint64_t ended(const NodeStatus& status) {
  return status.delivered + status.expired + status.dropped + status.quarantined;
}

// The statuses of one node, in the order of time.
class NodeTraffic {
 public:
  NodeTraffic(const Inputs& inputs, NodeId node, std::vector<Anomaly>& anomalies)
      : inputs_(inputs),
        node_(node),
        anomalies_(anomalies),
        out_(inputs.facts.handoff_bytes_per_s, inputs.facts.handoff_burst_bytes),
        // One batch may be under way from each holder when the throttle closes.
        in_(inputs.facts.handoff_receive_bytes_per_s,
            inputs.facts.handoff_receive_bytes_per_s / 10 +
                inputs.facts.handoff_batch_bytes * inputs.final_state.nodes()) {}

  void see(const NodeStatus& now) {
    if (last_ != nullptr && now.process != 0) compare(*last_, now);
    last_ = &now;
  }

 private:
  void compare(const NodeStatus& before, const NodeStatus& now) {
    if (before.process != now.process) {  // a process that starts knows of no debt
      out_.empty();
      in_.empty();
      return;
    }
    const std::int64_t span_ns = now.at_ns - before.asked_ns;
    report(AnomalyClass::over_rate, kNoNode,
           out_.pour(now.sent_bytes - before.sent_bytes, span_ns));
    if (duplicates(before.asked_ns, now.at_ns)) {
      in_.empty();
    } else {
      report(AnomalyClass::over_rate, node_,
             in_.pour(now.received_bytes - before.received_bytes, span_ns));
    }
    if (before.store == now.store) judge_repeats(before, now, span_ns);
  }

  // An exchange that gets no answer costs its time-out before anything is sent again; beside that
  // no more may have been sent than ended, and what is under way.
  void judge_repeats(const NodeStatus& before, const NodeStatus& now, std::int64_t span_ns) {
    const Facts& facts = inputs_.facts;
    if (facts.handoff_batch_count == 0 || damages()) return;
    const std::int64_t timeout_ns = std::max<std::int64_t>(1, to_us(facts.handoff_timeout) * 1000);
    const auto others = static_cast<std::uint64_t>(inputs_.final_state.nodes());
    const std::uint64_t failures = others * (static_cast<std::uint64_t>(span_ns / timeout_ns) + 1);
    const std::uint64_t most = (ended(now) - std::min(ended(now), ended(before))) +
                               facts.handoff_batch_count * (facts.handoff_concurrency + failures);
    const std::uint64_t sent = now.sent - before.sent;
    report(AnomalyClass::repeated_delivery, kNoNode,
           static_cast<std::int64_t>(sent - std::min(sent, most)));
  }

  void report(AnomalyClass kind, NodeId destination, std::int64_t amount) {
    if (amount <= 0) return;
    Anomaly anomaly;
    anomaly.kind = kind;
    anomaly.node = node_;
    anomaly.destination = destination;
    anomaly.amount = amount;
    anomalies_.push_back(anomaly);
  }

  // Whether a link may have brought one delivery twice.
  bool duplicates(std::int64_t first_ns, std::int64_t last_ns) const {
    constexpr std::int64_t kLate_ns = 2'000'000'000;
    return std::ranges::any_of(inputs_.faults, [&](const FaultRecord& fault) {
      return fault.effects.degrades() && fault.overlaps(first_ns - kLate_ns, last_ns);
    });
  }

  // Whether records may be damaged: those are refused, and sent a few times.
  bool damages() const {
    return std::ranges::any_of(inputs_.faults, [](const FaultRecord& fault) {
      return fault.effects.loss == FaultEffects::Loss::latent;
    });
  }

  const Inputs& inputs_;
  NodeId node_;
  std::vector<Anomaly>& anomalies_;
  LeakyBucket out_;
  LeakyBucket in_;
  const NodeStatus* last_ = nullptr;
};

}  // namespace

void check_hint_traffic(const Inputs& inputs, std::vector<Anomaly>& anomalies) {
  std::map<NodeId, NodeTraffic> nodes;
  for (const NodeStatus* status : inputs.final_state.statuses_in_order()) {
    nodes.try_emplace(status->node, inputs, status->node, anomalies).first->second.see(*status);
  }
}

}  // namespace holdfast::checkers
