// One fault that was really injected, as far as a verdict depends on it: what its type declares
// (fault_effects.h), when, and where.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "checkers/fault_effects.h"
#include "checkers/history.h"
#include "node/base/ids.h"
#include "node/base/time.h"

namespace holdfast::checkers {

struct Link {
  NodeId from = kNoNode;
  NodeId to = kNoNode;
  bool operator==(const Link&) const = default;
};

struct FaultRecord {
  std::string name;  // for people only: no verdict depends on it
  FaultEffects effects;
  std::int64_t at_ns = 0;
  // When it ended: the restart after a kill, a power loss or a wipe, the resumption of a paused
  // node, the mending of a link. kNever_ns: it lasted until the end of the run.
  std::int64_t until_ns = kNever_ns;
  std::vector<NodeId> nodes;  // hit by it
  std::vector<Link> links;    // where it touches traffic: the directions concerned

  bool hits(NodeId node) const;
  // Whether it was in effect at some time in [first_ns, last_ns].
  bool overlaps(std::int64_t first_ns, std::int64_t last_ns) const;
  // Whether messages between the two, in either direction, were disturbed.
  bool disturbs(NodeId a, NodeId b) const;
  // Whether the node could do nothing while it was in effect: dead or frozen.
  bool stops_nodes() const { return effects.stop != FaultEffects::Stop::no; }
  bool kills_nodes() const { return effects.stop == FaultEffects::Stop::dies; }
  // From when on it certainly did nothing: a process that is asked to end takes some time.
  std::int64_t stopped_from_ns() const;
  bool freezes_nodes() const { return effects.stop == FaultEffects::Stop::freezes; }
  // Whether it may have destroyed what `node` stored at `since_ns` or later. `survives_power_loss`:
  // what was acknowledged had been synced.
  bool destroys(NodeId node, std::int64_t since_ns, bool survives_power_loss) const;
  // Whether it alone kept whatever `from` sent from reaching `to` throughout [first_ns, last_ns].
  // A freeze never counts: a kill may end it.
  bool separates(NodeId from, NodeId to, std::int64_t first_ns, std::int64_t last_ns) const;
  // The furthest a clock was ahead of (or behind) the true time within the fault: 0 if never.
  // `last_ns`: where to stop looking, for a fault without end.
  Duration furthest_ahead(std::int64_t last_ns) const;
  Duration furthest_behind(std::int64_t last_ns) const;
};

// How much more than true time the node's clock can have shown to pass, in all, until `last_ns`:
// it jumps ahead as a fault begins, or back to the true time as one ends.
Duration clock_gain(std::span<const FaultRecord> faults, NodeId node, std::int64_t last_ns);

// The fault that may have destroyed what `holder` delivered to `destination` of the hints that it
// stored at `since_ns` or later; null if there is none, or if nothing could be delivered before.
const FaultRecord* destroyer_of_delivery(std::span<const FaultRecord> faults, NodeId holder,
                                         NodeId destination, std::int64_t since_ns,
                                         bool survives_power_loss);

}  // namespace holdfast::checkers
