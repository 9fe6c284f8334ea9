// Names of things: nodes and operations.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

// A node's place in the cluster's member list, from 0. People see it as n1, n2, …
using NodeId = std::uint16_t;
inline constexpr NodeId kNoNode = 0xffff;

// "n3" for node 2.
std::string node_name(NodeId node);
// The inverse; nothing for a text that is not a node's name.
std::optional<NodeId> parse_node_name(std::string_view text);

// Names one mutation, for ever and everywhere: in the row, the tombstone, the hint, the reply and
// the history. It comes from the client, or else from the coordinator. All zeros is "none".
struct OperationId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  auto operator<=>(const OperationId&) const = default;
  bool is_set() const { return high != 0 || low != 0; }
};

// 32 hexadecimal digits.
std::string to_string(OperationId id);
std::optional<OperationId> parse_operation_id(std::string_view text);

}  // namespace holdfast
