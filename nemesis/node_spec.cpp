#include "nemesis/node_spec.h"

#include <algorithm>
#include <array>
#include <utility>

#include "node/base/check.h"

namespace holdfast::nemesis {
namespace {

using Kind = NodeSpec::Kind;
constexpr std::array<std::pair<std::string_view, Kind>, 6> kWords = {
    {{"one", Kind::one},
     {"minority", Kind::minority},
     {"majority", Kind::majority},
     {"hint_holders", Kind::hint_holders},
     {"coordinator", Kind::coordinator},
     {"all", Kind::all}}};
constexpr std::string_view kHomeReplicas = "home_replicas(";

Result<NodeSpec> parse_names(std::string_view text) {
  NodeSpec spec;
  spec.kind = Kind::nodes;
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    const auto node = parse_node_name(rest.substr(0, comma));
    if (!node || std::ranges::find(spec.nodes, *node) != spec.nodes.end()) {
      return fail("\"" + std::string(text) +
                  "\" is no node spec; expected a node (n1), several (n1,n2), one, minority, "
                  "majority, all, coordinator, hint_holders or home_replicas(<key>)");
    }
    spec.nodes.push_back(*node);
    if (comma == std::string_view::npos) return spec;
    rest.remove_prefix(comma + 1);
  }
}

std::vector<NodeId> pick(std::uint16_t size, std::size_t count, Random& random) {
  std::vector<NodeId> nodes(size);
  for (NodeId node = 0; node < size; ++node) nodes[node] = node;
  for (std::size_t i = 0; i < count; ++i) {
    std::swap(nodes[i], nodes[i + random.below(size - i)]);
  }
  nodes.resize(count);
  std::ranges::sort(nodes);
  return nodes;
}

std::vector<NodeId> holders(const std::vector<HeldHints>& held) {
  std::vector<NodeId> nodes;
  for (const HeldHints& each : held) {
    if (each.count > 0) nodes.push_back(each.holder);
  }
  std::ranges::sort(nodes);
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  return nodes;
}

}  // namespace

Result<NodeSpec> parse_node_spec(std::string_view text) {
  for (const auto& [word, kind] : kWords) {
    if (text == word) return NodeSpec{kind, {}, {}};
  }
  if (text.starts_with(kHomeReplicas) && text.ends_with(')')) {
    text.remove_prefix(kHomeReplicas.size());
    text.remove_suffix(1);
    if (!text.empty()) return NodeSpec{Kind::home_replicas, {}, std::string(text)};
    return fail("home_replicas() needs a key, as in home_replicas(k17)");
  }
  return parse_names(text);
}

std::string to_string(const NodeSpec& spec) {
  for (const auto& [word, kind] : kWords) {
    if (spec.kind == kind) return std::string(word);
  }
  if (spec.kind == Kind::home_replicas) return std::string(kHomeReplicas) + spec.key + ")";
  std::string text;
  for (NodeId node : spec.nodes) text += (text.empty() ? "" : ",") + node_name(node);
  return text;
}

NodeSpec spec_of(std::vector<NodeId> nodes) { return {Kind::nodes, std::move(nodes), {}}; }

std::vector<NodeSpecDoc> node_spec_docs() {
  return {{"n1", "the node of that name"},
          {"n1,n2", "several"},
          {"one", "a random node"},
          {"minority", "random nodes: the most that are less than half"},
          {"majority", "random nodes: the fewest that are more than half"},
          {"home_replicas(k17)", "the owners of a key"},
          {"hint_holders", "all nodes that hold hints at that time"},
          {"coordinator", "the node that coordinates the latest operation"},
          {"all", "every node"}};
}

void resolve(const NodeSpec& spec, ClusterView& view, Random random,
             std::function<void(std::vector<NodeId>)> done) {
  const std::uint16_t size = view.size();
  switch (spec.kind) {
    case Kind::nodes:
      return done(spec.nodes);
    case Kind::one:
      return done(pick(size, 1, random));
    case Kind::minority:
      return done(pick(size, (size - 1U) / 2, random));
    case Kind::majority:
      return done(pick(size, size / 2U + 1, random));
    case Kind::home_replicas: {
      std::vector<NodeId> nodes = view.home_replicas(spec.key);
      std::ranges::sort(nodes);
      return done(std::move(nodes));
    }
    case Kind::hint_holders:
      return view.held_hints(
          [done = std::move(done)](const std::vector<HeldHints>& held) { done(holders(held)); });
    case Kind::coordinator:
      if (view.coordinator() == kNoNode) return done({});
      return done({view.coordinator()});
    case Kind::all:
      return done(pick(size, size, random));
  }
}

}  // namespace holdfast::nemesis
