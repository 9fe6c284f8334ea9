#include "nemesis/effects.h"

#include <algorithm>

#include "node/base/check.h"

namespace holdfast::nemesis {
namespace {

// Removes one `value` from the stack of those held; the latest one left counts.
template <class Map, class Value>
Value release(Map& held, const typename Map::key_type& key, const Value& value, Value otherwise) {
  const auto found = held.find(key);
  if (found == held.end()) return otherwise;
  auto& values = found->second;
  const auto last = std::ranges::find(values, value);
  if (last != values.end()) values.erase(last);
  if (!values.empty()) return values.back();
  held.erase(found);
  return otherwise;
}

// Counts one holder less; true for the last.
template <class Key>
bool release(std::map<Key, int>& held, const Key& key) {
  const auto found = held.find(key);
  if (found == held.end() || --found->second > 0) return false;
  held.erase(found);
  return true;
}

}  // namespace

void Effects::hold_down(NodeId node, FaultKind how) {
  ++down_[node];
  switch (how) {
    case FaultKind::power_loss:
      return faults_.power_loss(node);
    case FaultKind::wipe:
      return faults_.wipe(node);
    case FaultKind::stop:
      return faults_.stop(node);
    default:
      CHECK(how == FaultKind::kill);
      return faults_.kill(node);
  }
}

void Effects::release_down(NodeId node) {
  if (release(down_, node)) faults_.restart(node);
}

void Effects::bounce(NodeId node) {
  faults_.kill(node);
  if (!down_.contains(node)) faults_.restart(node);
}

void Effects::hold_paused(NodeId node) {
  ++paused_[node];
  if (faults_.is_running(node) && !faults_.is_paused(node)) faults_.pause(node);
}

void Effects::release_paused(NodeId node) {
  if (release(paused_, node) && faults_.is_paused(node)) faults_.resume(node);
}

void Effects::hold_cuts(const std::vector<Direction>& directions) {
  std::vector<Direction> fresh;
  for (const Direction& direction : directions) {
    if (++cuts_[direction] == 1) fresh.push_back(direction);
  }
  if (!fresh.empty()) faults_.cut(fresh);
}

void Effects::release_cuts(const std::vector<Direction>& directions) {
  std::vector<Direction> last;
  for (const Direction& direction : directions) {
    if (release(cuts_, direction)) last.push_back(direction);
  }
  if (!last.empty()) faults_.mend(last);
}

void Effects::hold_link(NodeId from, NodeId to, const LinkQuality& quality) {
  links_[{from, to}].push_back(quality);
  faults_.set_link(from, to, quality);
}

void Effects::release_link(NodeId from, NodeId to, const LinkQuality& quality) {
  faults_.set_link(from, to, release(links_, Direction{from, to}, quality, LinkQuality{}));
}

void Effects::hold_disk(NodeId node, DiskFault fault) {
  disks_[node].push_back(fault);
  faults_.set_disk(node, fault);
}

void Effects::release_disk(NodeId node, DiskFault fault) {
  DiskFault left = release(disks_, node, fault, DiskFault::none);
  if (left == DiskFault::bit_flip) left = DiskFault::none;  // it happened once
  faults_.set_disk(node, left);
}

void Effects::hold_clock(NodeId node, ClockError error) {
  clocks_[node].push_back(error);
  faults_.set_clock(node, error.offset, error.drift_ppm);
}

void Effects::release_clock(NodeId node, ClockError error) {
  const ClockError left = release(clocks_, node, error, ClockError{});
  faults_.set_clock(node, left.offset, left.drift_ppm);
}

void Effects::hold_slow(NodeId node, Duration stall) {
  slow_[node].push_back(stall);
  faults_.set_slow(node, stall);
}

void Effects::release_slow(NodeId node, Duration stall) {
  faults_.set_slow(node, release(slow_, node, stall, Duration{0}));
}

namespace {

OperatorAction undone(OperatorAction action) {
  using What = OperatorAction::What;
  action.what = action.what == What::pause_delivering  ? What::resume_delivering
                : action.what == What::pause_accepting ? What::resume_accepting
                                                       : What::reset;
  return action;
}

}  // namespace

void Effects::hold_action(NodeId node, const OperatorAction& action) {
  ++actions_[{node, action}];
  operate(node, action);
}

void Effects::release_action(NodeId node, const OperatorAction& action) {
  if (release(actions_, std::pair(node, action))) operate(node, undone(action));
}

void Effects::heal() {
  for (const auto& [held, holders] : actions_) operate(held.first, undone(held.second));
  actions_.clear();
  std::vector<Direction> cut;
  for (const auto& [direction, holders] : cuts_) cut.push_back(direction);
  if (!cut.empty()) faults_.mend(cut);
  for (const auto& [link, qualities] : links_) faults_.set_link(link.first, link.second, {});
  for (const auto& [node, faults] : disks_) faults_.set_disk(node, DiskFault::none);
  for (const auto& [node, errors] : clocks_) faults_.set_clock(node, Duration(0), 0);
  for (const auto& [node, stalls] : slow_) faults_.set_slow(node, Duration{0});
  cuts_.clear();
  links_.clear();
  disks_.clear();
  clocks_.clear();
  slow_.clear();
  down_.clear();
  paused_.clear();
  // Every node, not only those held: a node may have died of a fault (a full disk).
  for (NodeId node = 0; node < nodes_; ++node) {
    if (faults_.is_paused(node)) faults_.resume(node);
    faults_.restart(node);  // or once it has ended
  }
}

}  // namespace holdfast::nemesis
