// ordered and fresh: what a later write, and a read, has to see.
#include <algorithm>

#include "checkers/text.h"
#include "harness/promises/promise_table.h"

namespace holdfast::harness {

using checkers::Anomaly;
using checkers::Copy;
using checkers::Operation;
using checkers::OperationIndex;
using checkers::Outcome;

// A write may be discarded for an older one only if clocks were that far apart.
Ruling PromiseTable::ordered(const Anomaly& anomaly) const {
  const Operation& discarded = operation(anomaly.operation);
  const std::int64_t apart_ns =
      faults_.clock_difference_ns(discarded.invoked_ns, discarded.completed_ns) +
      to_ns(facts_.clock_difference);
  const std::string needed = checkers::duration_text(anomaly.amount);
  // One process never gives a version below one it gave before, wherever its clock goes.
  const Operation& older = operation(anomaly.other);
  if (discarded.node != kNoNode && discarded.node == older.node &&
      !faults_.was_stopped(older.node, older.invoked_ns, discarded.completed_ns) &&
      !faults_.was(&checkers::FaultEffects::refuses, older.node, older.invoked_ns,
                   discarded.completed_ns)) {
    return broken("both went through " + node_name(older.node) + ", which gives rising versions");
  }
  if (apart_ns >= anomaly.amount && apart_ns > 0) {
    return allowed("the clocks were at least " + needed + " apart");
  }
  return broken("the clocks were never " + needed + " apart");
}

// fresh: no stale read where the replies name owners that must overlap, in a surviving copy; and
// once handoff has ended.
Ruling PromiseTable::fresh(const Anomaly& anomaly) const {
  const Operation& read = operation(anomaly.operation);
  if (const auto reason = forgotten(operation(anomaly.other))) return allowed(*reason);
  Ruling ruling = fresh_after(read, operation(anomaly.other));
  // The newest write that it missed may have lost its copies, an older one not.
  const std::span<const OperationIndex> of_key = writes_.writes_of(read.key);
  auto before = std::lower_bound(of_key.begin(), of_key.end(), read.invoked_ns,
                                 [&](OperationIndex index, std::int64_t time_ns) {
                                   return operation(index).invoked_ns < time_ns;
                                 });
  constexpr int kMost = 64;
  for (int i = 0; i < kMost && ruling.allowed && before != of_key.begin(); ++i) {
    const Operation& missed = operation(*--before);
    if (missed.outcome == Outcome::ok && missed.completed_ns < read.invoked_ns &&
        missed.version > read.version) {
      const Ruling other = fresh_after(read, missed);
      if (!other.allowed) ruling = other;
    }
  }
  return ruling;
}

// A node that acknowledged the write, answered the read later, and must still have had it: whatever
// the quorums were. A hint counts as long as it cannot have been delivered.
std::optional<NodeId> PromiseTable::knew_it(const Operation& read, const Operation& missed) const {
  for (const Copy& copy : missed.copies.all()) {
    const bool answered = std::ranges::any_of(read.copies.all(), [&](const Copy& answer) {
      return answer.node == copy.node && answer.is_hint() == copy.is_hint();
    });
    if (!answered || !fate(missed, copy).empty()) continue;
    const bool held = !copy.is_hint() || faults_.separated(copy.node, copy.destination,
                                                           missed.invoked_ns, read.completed_ns);
    if (held) return copy.node;
  }
  return std::nullopt;
}

// Whether `read` had to see `missed`, an acknowledged write, or a newer one.
Ruling PromiseTable::fresh_after(const Operation& read, const Operation& missed) const {
  // A fallback that answered without a hint counts as little as one with.
  const std::span<const NodeId> owners = state_.owners(read.key);
  const auto answers =
      static_cast<std::size_t>(std::ranges::count_if(read.copies.all(), [&](const Copy& copy) {
        return !copy.is_hint() && std::ranges::find(owners, copy.node) != owners.end();
      }));
  if (const auto node = knew_it(read, missed)) {
    return broken(node_name(*node) + " answered the read, and had acknowledged the write");
  }
  const std::size_t r = read.copies.size() == 0 ? config_.r : answers;
  const std::size_t survive = surviving_copies(missed, read.invoked_ns);
  const std::string sum = std::to_string(survive) + " surviving copies + R = " + std::to_string(r);
  const std::string n = "N = " + std::to_string(config_.n);
  if (survive + r <= config_.n) return allowed(sum + " do not exceed " + n);
  // A reply that names nobody may have come from holders of hints.
  if (config_.quorum != node::QuorumKind::strict && read.copies.size() == 0 &&
      read.invoked_ns < facts_.handoff_ended_ns) {
    return allowed("quorums other than strict need not overlap before handoff has ended");
  }
  // What it returned may be newer in real time, and older only by clocks that were apart.
  const OperationIndex returned = writes_.find(read.id);
  if (returned != checkers::kNoOperation && operation(returned).invoked_ns > missed.completed_ns) {
    const std::int64_t needed_ns = (missed.version.clock_us - read.version.clock_us) * 1000;
    const std::int64_t apart_ns =
        faults_.clock_difference_ns(operation(returned).invoked_ns, read.invoked_ns) +
        to_ns(facts_.clock_difference);
    if (apart_ns > 0 && apart_ns >= needed_ns) {
      return allowed("it returned a newer write, whose clock was behind");
    }
  }
  return broken(sum + " exceed " + n);
}

}  // namespace holdfast::harness
