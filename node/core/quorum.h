// Who has acknowledged a write, and whether that is enough. A value: no messages, no time.
//
// Acknowledgements are counted by physical node: a fallback that keeps hints for two home replicas
// is one node, and a home replica that also keeps a hint is one node (riak's node_confirms exists
// because W=3 could be two machines). Counting after riak_kv's put core.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "node/core/message.h"

namespace holdfast::node {

struct QuorumRule {
  QuorumKind kind = QuorumKind::strict;
  std::uint32_t needed = 1;        // R or W
  std::uint32_t needed_homes = 0;  // PR or PW
  bool hints_count = true;         // in sloppy and any quorums
  // Planted bugs.
  bool node_counts_twice = false;
  bool duplicate_counts = false;
};

class Quorum {
 public:
  explicit Quorum(const QuorumRule& rule) : rule_(rule) {}

  // A second acknowledgement of one node in one role for one destination changes nothing.
  void add(const Ack& ack) {
    const bool known = std::find(acks_.begin(), acks_.end(), ack) != acks_.end();
    if (!known || rule_.duplicate_counts) acks_.push_back(ack);
  }

  const std::vector<Ack>& acks() const { return acks_; }
  std::uint32_t homes() const { return count(Role::home); }
  // Distinct nodes that hold hints only.
  std::uint32_t hints() const { return distinct() - homes(); }

  bool met() const {
    const bool with_hints = rule_.kind != QuorumKind::strict && rule_.hints_count;
    return homes() >= rule_.needed_homes && (with_hints ? distinct() : homes()) >= rule_.needed;
  }

 private:
  std::uint32_t count(Role role) const {
    std::uint32_t found = 0;
    for (const Ack& ack : acks_) found += ack.role == role ? 1 : 0;
    return found;
  }
  std::uint32_t distinct() const {
    if (rule_.node_counts_twice) return static_cast<std::uint32_t>(acks_.size());
    std::uint32_t found = 0;
    for (std::size_t i = 0; i < acks_.size(); ++i) {
      const auto same = [&](const Ack& other) { return other.node == acks_[i].node; };
      const auto end = acks_.begin() + static_cast<std::ptrdiff_t>(i);
      found += std::none_of(acks_.begin(), end, same) ? 1 : 0;
    }
    return found;
  }

  QuorumRule rule_;
  std::vector<Ack> acks_;
};

}  // namespace holdfast::node
