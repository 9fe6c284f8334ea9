// Watches the nodes' status until someone holds hints for someone else, and hits the holder
// or the destination.

#include <algorithm>
#include <memory>

#include "nemesis/types.h"

namespace holdfast::nemesis {
namespace {

struct Watch {
  PlannedFault planned;
  ClusterView& view;
  FaultType::Found found;
  std::vector<NodeId> among;  // empty: any node
  std::int64_t until_ns = 0;
};

std::int64_t number(const PlannedFault& planned, std::string_view name) {
  return number_parameter(*find_fault_type("hint-holder-crash"), planned, name);
}

std::string_view text(const PlannedFault& planned, std::string_view name) {
  return parameter(*find_fault_type("hint-holder-crash"), planned, name);
}

// The nodes to hit, those with most hints first; empty while there are none.
std::vector<NodeId> choose(const Watch& watch, const std::vector<HeldHints>& held) {
  const bool delivering = text(watch.planned, "when") == "delivering";
  const bool hits_destination = text(watch.planned, "hits") == "destination";
  const auto least = static_cast<std::uint64_t>(number(watch.planned, "least"));
  std::vector<std::pair<std::uint64_t, NodeId>> ranked;
  for (const HeldHints& each : held) {
    if (each.count < least || (delivering && !each.delivering)) continue;
    if (!watch.among.empty() && !std::ranges::count(watch.among, each.holder)) continue;
    const NodeId hit = hits_destination ? each.destination : each.holder;
    const auto same = [&](const auto& entry) { return entry.second == hit; };
    const auto known = std::ranges::find_if(ranked, same);
    if (known == ranked.end()) {
      ranked.emplace_back(each.count, hit);
    } else {
      known->first += each.count;
    }
  }
  std::ranges::sort(ranked, [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  const auto most = static_cast<std::size_t>(number(watch.planned, "holders"));
  std::vector<NodeId> nodes;
  for (const auto& [count, node] : ranked) {
    if (nodes.size() < most) nodes.push_back(node);
  }
  return nodes;
}

void look(const std::shared_ptr<Watch>& watch) {
  watch->view.held_hints([watch](const std::vector<HeldHints>& held) {
    const std::vector<NodeId> nodes = choose(*watch, held);
    if (!nodes.empty()) {
      PlannedFault plain = watch->planned;
      plain.fault = text(watch->planned, "how");
      plain.parameters.clear();
      plain.at = Duration(0);
      plain.on = spec_of(nodes);
      return watch->found({std::move(plain)});
    }
    if (watch->view.now_ns() >= watch->until_ns) return watch->found({});
    const auto pause = std::chrono::milliseconds(number(watch->planned, "poll_ms"));
    watch->view.after(pause, [watch] { look(watch); });
  });
}

void find_holder(const PlannedFault& planned, ClusterView& view, Random random,
                 FaultType::Found found) {
  const std::int64_t until_ns = view.now_ns() + number(planned, "within_ms") * 1'000'000;
  std::shared_ptr<Watch> watch(new Watch{planned, view, std::move(found), {}, until_ns});
  if (planned.on.kind == NodeSpec::Kind::hint_holders) return look(watch);
  resolve(planned.on, view, random, [watch](std::vector<NodeId> nodes) {
    watch->among = std::move(nodes);
    look(watch);
  });
}

}  // namespace

FaultType hint_holder_crash_type() {
  FaultType type(
      "hint-holder-crash",
      "finds who holds hints for whom, and hits the holder (or destination) of most of them",
      [](const PlannedFault& planned) {
        return find_fault_type(text(planned, "how"))->effects(planned);
      });
  type.parameters = {{"how", "kill|power-loss|wipe", "kill", "what happens to the node"},
                     {"hits", "holder|destination", "holder", "which end of the handoff is hit"},
                     {"when", "holding|delivering", "holding",
                      "as soon as it holds hints, or between a delivery and its acknowledgement"},
                     {"least", "integer", "1", "hints for one destination that make a holder"},
                     {"holders", "integer", "1", "how many nodes are hit at once"},
                     {"within_ms", "integer", "60000", "how long to look for one before giving up"},
                     {"poll_ms", "integer", "5", "between two looks"}};
  type.needs = [](const PlannedFault& planned) {
    std::vector<FaultKind> kinds = {FaultKind::restart};
    const std::string_view how = text(planned, "how");
    kinds.push_back(how == "power-loss" ? FaultKind::power_loss
                    : how == "wipe"     ? FaultKind::wipe
                                        : FaultKind::kill);
    return kinds;
  };
  type.find = find_holder;
  type.draw = [](PlannedFault& planned, Random& random) {
    constexpr std::string_view kHow[] = {"kill", "power-loss", "wipe"};
    planned.parameters["how"] = kHow[random.below(std::size(kHow))];
    planned.parameters["when"] = random.chance(1, 2) ? "delivering" : "holding";
    planned.parameters["hits"] = random.chance(1, 3) ? "destination" : "holder";
  };
  return type;
}

}  // namespace holdfast::nemesis
