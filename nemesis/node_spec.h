// A node spec: which nodes a fault hits.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "nemesis/cluster_view.h"
#include "node/base/random.h"
#include "node/base/result.h"

namespace holdfast::nemesis {

struct NodeSpec {
  enum class Kind : std::uint8_t {
    nodes,          // by name: "n2", or "n1,n2"
    one,            // a random one
    minority,       // random: the most that are less than half
    majority,       // random: the fewest that are more than half
    home_replicas,  // of a key: "home_replicas(k17)"
    hint_holders,   // all that hold hints now
    coordinator,    // of the latest operation
    all
  };
  Kind kind = Kind::one;
  std::vector<NodeId> nodes;  // kind is nodes
  std::string key;            // kind is home_replicas

  bool operator==(const NodeSpec&) const = default;
};

Result<NodeSpec> parse_node_spec(std::string_view text);
std::string to_string(const NodeSpec& spec);
NodeSpec spec_of(std::vector<NodeId> nodes);
// One line for each form, for the lists that people see.
struct NodeSpecDoc {
  std::string_view form;
  std::string_view doc;
};
std::vector<NodeSpecDoc> node_spec_docs();

// Finds the nodes, in ascending order; those named keep their order. `done` may be called at once.
// None: nobody matches (no holder, no operation yet).
void resolve(const NodeSpec& spec, ClusterView& view, Random random,
             std::function<void(std::vector<NodeId>)> done);

}  // namespace holdfast::nemesis
