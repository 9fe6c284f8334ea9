// The ring: which nodes own which keys.
//
// Every node has `virtual_nodes` tokens, placed by a hash of its number, the same everywhere. The
// range that ends at a token belongs to the distinct nodes met walking clockwise from it: the
// first N are the keys' home replicas, the rest are candidates for fallbacks, in order (Dynamo,
// DeCandia et al. 2007, sections 4.2 and 4.3). Membership is fixed for the cluster's life.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "node/base/hash.h"
#include "node/base/ids.h"

namespace holdfast::node {

struct TokenRange {
  std::uint64_t first = 0;  // both included; ranges do not wrap
  std::uint64_t last = 0;
};

class Ring {
 public:
  Ring(std::uint16_t members, std::uint32_t n, std::uint32_t virtual_nodes);

  std::uint16_t members() const { return members_; }
  std::uint32_t n() const { return n_; }

  std::uint32_t range_count() const { return static_cast<std::uint32_t>(ranges_.size()); }
  const TokenRange& range(std::uint32_t index) const { return ranges_[index]; }
  std::uint32_t range_of(std::uint64_t token) const;

  // All nodes in the order of preference for a range: home replicas first.
  std::span<const NodeId> preference_list(std::uint32_t range) const;
  std::span<const NodeId> home_replicas(std::uint32_t range) const;
  bool is_home(std::uint32_t range, NodeId node) const;

  std::span<const NodeId> home_replicas_of(std::string_view key) const {
    return home_replicas(range_of(token_of(key)));
  }

 private:
  std::uint16_t members_;
  std::uint32_t n_;
  std::vector<TokenRange> ranges_;
  std::vector<NodeId> preference_;  // members_ per range
};

}  // namespace holdfast::node
