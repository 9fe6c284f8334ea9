#include "harness/absence.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "checkers/write_index.h"

namespace holdfast::harness {
namespace {

using checkers::Copy;
using checkers::FaultRecord;
using checkers::KeyId;
using checkers::Operation;
using checkers::OperationIndex;

enum class Means : std::uint8_t { nothing, hint, repair, later_write };

// A fault kept an owner away from a write.
struct Miss {
  OperationIndex write = 0;
  NodeId owner = kNoNode;
  std::uint32_t fault = 0;
  auto operator<=>(const Miss&) const = default;
};

struct Pair {
  NodeId owner = kNoNode;
  KeyId key = 0;
  Version version;
  std::span<const Miss> misses;
  Means came_by = Means::nothing;
  std::int64_t came_ns = 0;
};

// A version that an owner had from then on.
struct Arrival {
  NodeId owner = kNoNode;
  KeyId key = 0;
  std::int64_t at_ns = 0;
  Version version;
  Means means = Means::nothing;
};

auto place(const auto& each) { return std::tuple(each.owner, each.key); }

bool keeps_away(const FaultRecord& fault, NodeId owner, NodeId coordinator) {
  if (fault.stops_nodes()) return fault.hits(owner);
  return fault.effects.cuts() &&
         std::ranges::find(fault.links, checkers::Link{coordinator, owner}) != fault.links.end();
}

class Measure {
 public:
  Measure(const checkers::History& history, const checkers::FinalState& state,
          std::span<const FaultRecord> faults)
      : history_(history), state_(state), faults_(faults) {}

  void find_pairs() {
    for (std::uint32_t i = 0; i < faults_.size(); ++i) find_misses_by(i);
    std::ranges::sort(misses_);
    for (auto first = misses_.begin(); first != misses_.end();) {
      const auto last = std::find_if(first, misses_.end(), [first](const Miss& miss) {
        return miss.write != first->write || miss.owner != first->owner;
      });
      const Operation& write = history_.operations[first->write];
      pairs_.push_back({first->owner, write.key, write.version, {first, last}, Means::nothing, 0});
      first = last;
    }
    std::ranges::stable_sort(pairs_, [](const Pair& a, const Pair& b) {
      return std::tuple(a.owner, a.key, a.version) < std::tuple(b.owner, b.key, b.version);
    });
  }

  void find_arrivals(const EventLogs& events) {
    if (pairs_.empty()) return;
    const checkers::WriteIndex writes(history_);
    for (NodeId node = 0; node < events.size(); ++node) {
      for (const auto& each : events[node]) take_event(node, each, writes);
    }
    for (const Operation& write : history_.operations) {
      if (!write.is_write() || write.outcome != checkers::Outcome::ok) continue;
      for (const Copy& copy : write.copies.all()) {
        if (copy.is_hint()) continue;
        add({copy.node, write.key, write.completed_ns, write.version, Means::later_write});
      }
    }
    std::ranges::stable_sort(arrivals_, [](const Arrival& a, const Arrival& b) {
      return std::tuple(a.owner, a.key, a.at_ns) < std::tuple(b.owner, b.key, b.at_ns);
    });
    match();
  }

  // Replies name those who answered first: of a later write an owner may have told nobody. It shows
  // in the end, at a time unknown.
  void look_at_the_end() {
    for (Pair& pair : pairs_) {
      const checkers::RowState* const row = state_.row(pair.owner, pair.key);
      const bool has = row != nullptr && row->version >= pair.version;
      if (has && pair.came_by == Means::nothing) pair.came_by = Means::later_write;
    }
  }

  void sum_up(Absence& absence) const {
    std::vector<AbsenceOfFault> rows(faults_.size());
    for (const Pair& pair : pairs_) {
      count(pair, absence.writes);
      for (const Miss& miss : pair.misses) add_to_row(pair, miss.fault, rows[miss.fault]);
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].writes.missed == 0) continue;
      rows[i].fault = i;
      if (rows[i].writes.still_missing() > 0) rows[i].equal_after_ms.reset();
      absence.faults.push_back(rows[i]);
    }
  }

 private:
  void find_misses_by(std::uint32_t index) {
    const FaultRecord& fault = faults_[index];
    if (!fault.stops_nodes() && fault.links.empty()) return;
    const std::vector<Operation>& operations = history_.operations;
    const auto first =
        std::ranges::lower_bound(operations, fault.at_ns, {}, &Operation::invoked_ns);
    for (auto i = static_cast<OperationIndex>(first - operations.begin());
         i < operations.size() && operations[i].invoked_ns <= fault.until_ns; ++i) {
      const Operation& write = operations[i];
      const bool counts = write.is_write() && write.outcome == checkers::Outcome::ok &&
                          write.completed_ns <= fault.until_ns && write.version.is_set();
      if (!counts) continue;
      for (const NodeId owner : state_.owners(write.key)) {
        if (!keeps_away(fault, owner, write.node) || has_acknowledged(write, owner)) continue;
        misses_.push_back({i, owner, index});
      }
    }
  }

  static bool has_acknowledged(const Operation& write, NodeId owner) {
    return std::ranges::any_of(write.copies.all(), [owner](const Copy& copy) {
      return copy.node == owner && !copy.is_hint();
    });
  }

  void take_event(NodeId node, const PromiseInputs::NodeEvent& each,
                  const checkers::WriteIndex& writes) {
    const bool hint = each.event.kind == node::EventKind::hint_received;
    if (!hint && each.event.kind != node::EventKind::row_repaired) return;
    // A hint that changed nothing: by then the owner had a newer one.
    const bool changed = !hint || each.event.detail == 1;
    const OperationIndex write = writes.find(each.event.id);
    if (write == checkers::kNoOperation) return;
    add({node, history_.operations[write].key, each.at_ns, each.event.version,
         !changed ? Means::later_write
         : hint   ? Means::hint
                  : Means::repair});
  }

  // Where nothing was missed, what came matters to nobody.
  void add(const Arrival& arrival) {
    const auto found = std::ranges::lower_bound(pairs_, place(arrival), {}, place<Pair>);
    if (found != pairs_.end() && place(*found) == place(arrival)) arrivals_.push_back(arrival);
  }

  // Of each owner and key: an arrival brings all pairs up to its version that had not come before.
  void match() {
    auto pair = pairs_.begin();
    for (const Arrival& arrival : arrivals_) {
      while (pair != pairs_.end() && place(*pair) < place(arrival)) ++pair;
      for (; pair != pairs_.end() && place(*pair) == place(arrival) &&
             pair->version <= arrival.version;
           ++pair) {
        pair->came_by = arrival.means;
        pair->came_ns = arrival.at_ns;
      }
    }
  }

  static void count(const Pair& pair, MissedWrites& writes) {
    ++writes.missed;
    writes.by_hints += pair.came_by == Means::hint;
    writes.by_repair += pair.came_by == Means::repair;
    writes.by_later_writes += pair.came_by == Means::later_write;
  }

  void add_to_row(const Pair& pair, std::size_t fault, AbsenceOfFault& row) const {
    count(pair, row.writes);
    if (pair.came_by == Means::nothing) return;
    const std::int64_t after_ms = (pair.came_ns - faults_[fault].until_ns) / 1'000'000;
    const auto raise = [after_ms](std::optional<std::int64_t>& latest_ms) {
      latest_ms = std::max({latest_ms.value_or(0), after_ms, std::int64_t{0}});
    };
    raise(row.equal_after_ms);
    if (pair.came_by == Means::hint) raise(row.hints_after_ms);
  }

  const checkers::History& history_;
  const checkers::FinalState& state_;
  std::span<const FaultRecord> faults_;
  std::vector<Miss> misses_;
  std::vector<Pair> pairs_;        // by owner, key and version
  std::vector<Arrival> arrivals_;  // by owner, key and time
};

std::uint64_t count_delivered(const checkers::FinalState& state) {
  std::map<NodeId, std::uint64_t> last;
  for (const checkers::NodeStatus& status : state.statuses()) last[status.node] = status.delivered;
  std::uint64_t delivered = 0;
  for (const auto& [node, count] : last) delivered += count;
  return delivered;
}

}  // namespace

void measure_absence(const checkers::History& history, const checkers::FinalState& state,
                     std::span<const FaultRecord> faults, const EventLogs& events,
                     Absence& absence) {
  absence.writes = {};
  absence.faults.clear();
  Measure measure(history, state, faults);
  measure.find_pairs();
  measure.find_arrivals(events);
  measure.look_at_the_end();
  measure.sum_up(absence);
  const bool logged =
      std::ranges::any_of(events, [](const auto& of_node) { return !of_node.empty(); });
  if (!logged) {
    absence.writes.by_hints = std::min(count_delivered(state), absence.writes.missed);
    absence.writes.by_later_writes = 0;
  }
}

}  // namespace holdfast::harness
