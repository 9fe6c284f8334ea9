#include "harness/proc/cut_watch.h"

namespace holdfast::harness {

void CutWatch::begin(NodeId from, NodeId to, std::int64_t now_ns, std::uint64_t dropped) {
  cuts_.try_emplace({from, to}, Cut{now_ns, dropped});
}

std::optional<std::string> CutWatch::end(NodeId from, NodeId to, std::int64_t now_ns,
                                         std::uint64_t dropped) {
  const auto found = cuts_.find({from, to});
  if (found == cuts_.end()) return std::nullopt;
  const Cut cut = found->second;
  cuts_.erase(found);
  const std::int64_t length_ns = now_ns - cut.since_ns;
  if (cut.disturbed || length_ns < least_ns_ || dropped > cut.dropped) return std::nullopt;
  return "the link from " + node_name(from) + " to " + node_name(to) + " was cut for " +
         std::to_string(length_ns / 1'000'000) +
         " ms, but no packet came that way: nothing was cut";
}

void CutWatch::disturb(NodeId node) {
  for (auto& [direction, cut] : cuts_) {
    if (direction.first == node || direction.second == node) cut.disturbed = true;
  }
}

}  // namespace holdfast::harness
