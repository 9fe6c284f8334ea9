#include "checkers/hint_queues.h"

#include <algorithm>
#include <map>
#include <utility>

namespace holdfast::checkers {
namespace {

// How long what was sent before a separation may still arrive, and its acknowledgement too.
constexpr std::int64_t kInFlight_ns = 500'000'000;
// What a node's timers may be late by.
constexpr std::int64_t kSlack_ns = 100'000'000;

bool connects(const Link& link, NodeId a, NodeId b) {
  return (link.from == a && link.to == b) || (link.from == b && link.to == a);
}

// The statuses of one store, in the order of time.
class StoreWatch {
 public:
  StoreWatch(const Inputs& inputs, std::vector<Anomaly>& anomalies)
      : inputs_(inputs), facts_(inputs.facts), anomalies_(anomalies) {}

  void see(const NodeStatus& status) {
    if (facts_.hints_off && status.created > 0) report_once(status);
    if (last_ != nullptr) compare(*last_, status);
    last_ = &status;
  }

 private:
  void report(AnomalyClass kind, NodeId destination, std::uint64_t amount) {
    Anomaly anomaly;
    anomaly.kind = kind;
    anomaly.node = last_->node;
    anomaly.destination = destination;
    anomaly.amount = static_cast<std::int64_t>(amount);
    anomalies_.push_back(anomaly);
  }

  void report_once(const NodeStatus& status) {
    if (last_ != nullptr && last_->created > 0) return;
    last_ = &status;
    report(AnomalyClass::forbidden_hint, kNoNode, status.created);
  }

  void compare(const NodeStatus& before, const NodeStatus& now) {
    const std::uint64_t given_up = (now.expired + now.dropped + now.quarantined) -
                                   (before.expired + before.dropped + before.quarantined);
    if (forgets(before.asked_ns, now.at_ns)) {
      open_since_.clear();
      return;
    }
    std::uint64_t vanished = 0;
    for (const QueueStatus& queue : before.queues) {
      const NodeId destination = queue.destination;
      const std::uint64_t ended = now.delivered - before.delivered + given_up;
      if (queue.count == 0 || ended >= queue.count)
        open_since_.erase(destination);  // it may be over
      if (queue.count == 0 || !is_out_of_reach(destination, before.asked_ns, now.at_ns)) continue;
      const QueueStatus later = queue_of(now, destination);
      vanished += queue.count - std::min(queue.count, later.count);
      if (given_up > 0) {
        open_since_.erase(destination);
        continue;
      }
      judge_window(before, queue, later);
      judge_age(before, now, queue, later);
    }
    // A holder that has just come back may still find old acknowledgements.
    const bool just_back = stops(before.asked_ns - kInFlight_ns, before.asked_ns) > 0;
    if (vanished > given_up && !just_back) {
      report(AnomalyClass::false_delivery, kNoNode, vanished - given_up);
    }
  }

  static QueueStatus queue_of(const NodeStatus& status, NodeId destination) {
    for (const QueueStatus& queue : status.queues) {
      if (queue.destination == destination) return queue;
    }
    return {destination, 0, 0, Duration{0}};
  }

  // With a hint in its queue the destination's window is open, and it stays open until the queue is
  // empty: whoever holds a hint knows of the outage, however often the destination shows up.
  void judge_window(const NodeStatus& before, const QueueStatus& queue, const QueueStatus& later) {
    const auto [open, first] = open_since_.try_emplace(queue.destination, before.at_ns);
    if (facts_.hint_window == Duration::max()) return;
    const std::int64_t closed_ns = open->second + to_us(facts_.hint_window) * 1000 + kSlack_ns;
    if (before.asked_ns > closed_ns && later.count > queue.count) {
      report(AnomalyClass::forbidden_hint, queue.destination, later.count - queue.count);
    }
  }

  void judge_age(const NodeStatus& before, const NodeStatus& now, const QueueStatus& queue,
                 const QueueStatus& later) {
    if (later.count < queue.count) return;
    const std::int64_t least_ns = to_us(queue.oldest_age) * 1000 + now.asked_ns - before.at_ns;
    const std::int64_t short_ns = least_ns - to_us(later.oldest_age) * 1000;
    if (short_ns > kSlack_ns) {
      report(AnomalyClass::younger_hint, queue.destination, static_cast<std::uint64_t>(short_ns));
    }
  }

  // How often the holder was stopped, at least in part, in the interval.
  std::int64_t stops(std::int64_t first_ns, std::int64_t last_ns) const {
    return std::ranges::count_if(inputs_.faults, [&](const FaultRecord& fault) {
      return fault.hits(last_->node) && fault.stops_nodes() && fault.overlaps(first_ns, last_ns);
    });
  }

  // Whether the store may have gone back to what it had synced, or the counts of a process to 0.
  bool forgets(std::int64_t first_ns, std::int64_t last_ns) const {
    return std::any_of(inputs_.faults.begin(), inputs_.faults.end(), [&](const FaultRecord& fault) {
      return fault.hits(last_->node) && fault.overlaps(first_ns, last_ns) &&
             fault.effects.may_forget();
    });
  }

  // Whether one fault kept the two from any exchange throughout, and for a while before.
  bool is_out_of_reach(NodeId destination, std::int64_t first_ns, std::int64_t last_ns) const {
    const std::span<const FaultRecord> faults = inputs_.faults;
    return std::any_of(faults.begin(), faults.end(), [&](const FaultRecord& fault) {
      if (fault.at_ns > first_ns - kInFlight_ns || fault.until_ns < last_ns) return false;
      if (fault.effects.cuts()) {
        return std::any_of(fault.links.begin(), fault.links.end(), [&](const Link& link) {
          return connects(link, last_->node, destination);
        });
      }
      if (!fault.stops_nodes() || !fault.hits(destination)) return false;
      if (fault.stopped_from_ns() > first_ns - kInFlight_ns) return false;
      // A frozen process that is killed comes back running.
      return !fault.freezes_nodes() ||
             std::none_of(faults.begin(), faults.end(), [&](const FaultRecord& other) {
               return &other != &fault && other.stops_nodes() && other.hits(destination) &&
                      other.overlaps(fault.at_ns, last_ns);
             });
    });
  }

  const Inputs& inputs_;
  const Facts& facts_;
  std::vector<Anomaly>& anomalies_;
  const NodeStatus* last_ = nullptr;
  std::map<NodeId, std::int64_t> open_since_;  // destinations out of reach with hints waiting
};

}  // namespace

void check_hint_queues(const Inputs& inputs, std::vector<Anomaly>& anomalies) {
  std::map<std::pair<NodeId, std::uint64_t>, StoreWatch> stores;
  for (const NodeStatus* status : inputs.final_state.statuses_in_order()) {
    stores.try_emplace({status->node, status->store}, inputs, anomalies).first->second.see(*status);
  }
}

}  // namespace holdfast::checkers
