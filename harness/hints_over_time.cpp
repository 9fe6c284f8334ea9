#include "harness/hints_over_time.h"

#include <algorithm>

namespace holdfast::harness {
namespace {

constexpr std::size_t kMostSamples = 1000;

struct Change {
  std::int64_t at_ns = 0;
  std::int64_t by = 0;
};

std::int64_t change_of(node::EventKind kind) {
  switch (kind) {
    case node::EventKind::hint_stored:
      return 1;
    case node::EventKind::hint_delivered:
    case node::EventKind::hint_expired:
    case node::EventKind::hint_dropped:
    case node::EventKind::hint_quarantined:
      return -1;
    default:
      return 0;
  }
}

// The changes of one node. A start begins a new count, which a status corrects.
class NodeCount {
 public:
  NodeCount(NodeId node, std::span<const checkers::NodeStatus> statuses,
            std::vector<Change>& changes)
      : node_(node), statuses_(statuses), changes_(changes) {}

  void take(const std::vector<PromiseInputs::NodeEvent>& events) {
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (events[i].event.kind == node::EventKind::started) {
        start(events, i);
      } else if (const std::int64_t by = change_of(events[i].event.kind); by != 0) {
        change(events[i].at_ns, by);
      }
    }
    end(events);
  }

 private:
  void change(std::int64_t at_ns, std::int64_t by) {
    count_ += by;
    changes_.push_back({at_ns, by});
  }

  // The last status has the last word.
  void end(const std::vector<PromiseInputs::NodeEvent>& events) {
    const checkers::NodeStatus* last = nullptr;
    for (const checkers::NodeStatus& status : statuses_) {
      if (status.node == node_ && (last == nullptr || status.at_ns >= last->at_ns)) last = &status;
    }
    if (last == nullptr || events.empty() || events.back().at_ns > last->asked_ns) return;
    const std::int64_t by = static_cast<std::int64_t>(last->pending) - count_;
    if (by != 0) change(last->at_ns, by);
  }

  void start(const std::vector<PromiseInputs::NodeEvent>& events, std::size_t index) {
    const std::int64_t from_ns = events[index].at_ns;
    std::int64_t until_ns = checkers::kNever_ns;
    for (std::size_t i = index + 1; i < events.size() && until_ns == checkers::kNever_ns; ++i) {
      if (events[i].event.kind == node::EventKind::started) until_ns = events[i].at_ns;
    }
    // The last: hints come and go while a status is under way, and least when all is over.
    const checkers::NodeStatus* known = nullptr;
    for (const checkers::NodeStatus& status : statuses_) {
      const bool within = status.asked_ns >= from_ns && status.at_ns <= until_ns;
      if (status.node == node_ && within) known = &status;
    }
    if (known == nullptr || index == 0) return;
    std::int64_t since = 0;
    for (std::size_t i = index + 1; i < events.size() && events[i].at_ns <= known->at_ns; ++i) {
      since += change_of(events[i].event.kind);
    }
    const std::int64_t by = static_cast<std::int64_t>(known->pending) - since - count_;
    if (by != 0) change(from_ns, by);
  }

  NodeId node_;
  std::span<const checkers::NodeStatus> statuses_;
  std::vector<Change>& changes_;
  std::int64_t count_ = 0;
};

// Of `samples`, for each of equally long slots the one with the most hints, and the last.
std::vector<RunFigures::Sample> thinned(const std::vector<RunFigures::Sample>& samples) {
  if (samples.size() <= kMostSamples) return samples;
  const std::int64_t slot_ns = samples.back().at_ns / (kMostSamples / 2) + 1;
  std::vector<RunFigures::Sample> kept;
  for (std::size_t i = 0; i < samples.size();) {
    const std::int64_t slot = samples[i].at_ns / slot_ns;
    std::size_t last = i;
    std::size_t most = i;
    for (; last + 1 < samples.size() && samples[last + 1].at_ns / slot_ns == slot; ++last) {
      if (samples[last + 1].pending > samples[most].pending) most = last + 1;
    }
    kept.push_back(samples[most]);
    if (last != most) kept.push_back(samples[last]);
    i = last + 1;
  }
  return kept;
}

}  // namespace

std::vector<RunFigures::Sample> hints_over_time(const EventLogs& events,
                                                std::span<const checkers::NodeStatus> statuses) {
  std::vector<Change> changes;
  for (NodeId node = 0; node < events.size(); ++node) {
    NodeCount(node, statuses, changes).take(events[node]);
  }
  const bool logged =
      std::ranges::any_of(events, [](const auto& of_node) { return !of_node.empty(); });
  if (!logged) return {};
  std::ranges::stable_sort(changes, {}, &Change::at_ns);
  std::vector<RunFigures::Sample> samples = {{0, 0}};
  std::int64_t pending = 0;
  for (const Change& change : changes) {
    pending += change.by;
    const std::int64_t at_ns = change.at_ns / 1'000'000 * 1'000'000;
    const auto shown = static_cast<std::uint64_t>(std::max<std::int64_t>(pending, 0));
    if (samples.back().at_ns == at_ns) {
      samples.back().pending = shown;
    } else {
      samples.push_back({at_ns, shown});
    }
  }
  return thinned(samples);
}

}  // namespace holdfast::harness
