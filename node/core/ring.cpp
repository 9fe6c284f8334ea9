#include "node/core/ring.h"

#include <algorithm>
#include <utility>

#include "node/base/check.h"
#include "node/base/random.h"

namespace holdfast::node {
namespace {

struct Token {
  std::uint64_t position = 0;
  NodeId node = 0;

  auto operator<=>(const Token&) const = default;
};

std::vector<Token> place_tokens(std::uint16_t members, std::uint32_t virtual_nodes) {
  std::vector<Token> tokens;
  for (NodeId node = 0; node < members; ++node) {
    for (std::uint32_t i = 0; i < virtual_nodes; ++i) {
      tokens.push_back({derive_seed(0, "ring token", node, i), node});
    }
  }
  std::sort(tokens.begin(), tokens.end());
  return tokens;
}

// The distinct nodes met walking clockwise from the token at `start`.
void walk(const std::vector<Token>& tokens, std::size_t start, std::uint16_t members,
          std::vector<NodeId>& out) {
  const std::size_t begin = out.size();
  for (std::size_t i = 0; i < tokens.size() && out.size() - begin < members; ++i) {
    const NodeId node = tokens[(start + i) % tokens.size()].node;
    if (std::find(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(), node) == out.end()) {
      out.push_back(node);
    }
  }
}

}  // namespace

Ring::Ring(std::uint16_t members, std::uint32_t n, std::uint32_t virtual_nodes)
    : members_(members), n_(n) {
  CHECK(members > 0 && n > 0 && n <= members && virtual_nodes > 0);
  const std::vector<Token> tokens = place_tokens(members, virtual_nodes);
  std::uint64_t first = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (i > 0 && tokens[i].position == tokens[i - 1].position) continue;
    ranges_.push_back({first, tokens[i].position});
    walk(tokens, i, members, preference_);
    first = tokens[i].position + 1;
  }
  // Past the last token the circle closes: those keys belong to the first token's nodes.
  if (tokens.back().position != UINT64_MAX) {
    ranges_.push_back({first, UINT64_MAX});
    walk(tokens, 0, members, preference_);
  }
}

std::uint32_t Ring::range_of(std::uint64_t token) const {
  const auto found =
      std::lower_bound(ranges_.begin(), ranges_.end(), token,
                       [](const TokenRange& range, std::uint64_t t) { return range.last < t; });
  return static_cast<std::uint32_t>(found - ranges_.begin());
}

std::span<const NodeId> Ring::preference_list(std::uint32_t range) const {
  return {preference_.data() + std::size_t{range} * members_, members_};
}

std::span<const NodeId> Ring::home_replicas(std::uint32_t range) const {
  return preference_list(range).first(n_);
}

bool Ring::is_home(std::uint32_t range, NodeId node) const {
  const auto homes = home_replicas(range);
  return std::find(homes.begin(), homes.end(), node) != homes.end();
}

}  // namespace holdfast::node
