// The injected faults of a run, in the order of time, and what they excuse.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "checkers/fault_record.h"

namespace holdfast::harness {

class FaultTimeline {
 public:
  // `end_ns`: of the run. `faults` must outlive the timeline.
  FaultTimeline(std::span<const checkers::FaultRecord> faults, std::int64_t end_ns);

  // Whether the node was untouched throughout [first_ns, last_ns]. `sleep`: a pause; it and what
  // passed meanwhile do not count.
  bool is_healthy(NodeId node, std::int64_t first_ns, std::int64_t last_ns,
                  const checkers::FaultRecord* sleep = nullptr) const;
  // Whether messages between the two passed untouched throughout, both ways. True for a == b.
  bool is_link_healthy(NodeId a, NodeId b, std::int64_t first_ns, std::int64_t last_ns,
                       const checkers::FaultRecord* sleep = nullptr) const;
  // The last pause of the node that ended in [first_ns, last_ns], if nothing else stopped it then.
  const checkers::FaultRecord* pause_before(NodeId node, std::int64_t first_ns,
                                            std::int64_t last_ns) const;
  // Whether messages between the two were lost or held up at some time in [first_ns, last_ns].
  bool was_lossy(NodeId a, NodeId b, std::int64_t first_ns, std::int64_t last_ns) const;
  // Whether one fault stopped the node, or cut it off from another, throughout [first_ns, last_ns].
  bool is_away(NodeId node, std::int64_t first_ns, std::int64_t last_ns) const;
  // Whether one fault kept `by` from hearing the node throughout [first_ns, last_ns].
  bool is_unheard(NodeId node, NodeId by, std::int64_t first_ns, std::int64_t last_ns) const;
  // Whether one fault kept whatever `from` sent from reaching `to` throughout [first_ns, last_ns].
  bool separated(NodeId from, NodeId to, std::int64_t first_ns, std::int64_t last_ns) const;
  // Whether the node is stopped, or cut off from another, when the run ends.
  bool is_away_at_end(NodeId node) const { return is_away(node, end_ns_, end_ns_); }
  // Whether, somewhere in [first_ns, last_ns], no fault was in effect for `length_ns`. Clocks that
  // are wrong do not count: nobody waits for them.
  bool is_calm_for(std::int64_t length_ns, std::int64_t first_ns, std::int64_t last_ns) const;

  // The fault that may have destroyed what the node stored at `since_ns` or later.
  const checkers::FaultRecord* destroyer(NodeId node, std::int64_t since_ns,
                                         bool survives_power_loss) const;
  // Whether a fault stopped the node at some time in [first_ns, last_ns].
  bool was_stopped(NodeId node, std::int64_t first_ns, std::int64_t last_ns) const;
  // Whether there was a fault with such effects.
  bool ever(bool (*holds)(const checkers::FaultEffects&)) const;
  // Whether a fault killed or froze the node at some time in [first_ns, last_ns].
  bool was_interrupted(NodeId node, std::int64_t first_ns, std::int64_t last_ns) const;
  // Whether something with this effect on the node lasted at some time in the interval.
  bool was(bool checkers::FaultEffects::*effect, NodeId node, std::int64_t first_ns,
           std::int64_t last_ns) const;
  // How far two nodes' versions, given in [first_ns, last_ns], can have been apart by injected
  // faults. A clock that was ahead lives on in versions until true time has passed it.
  std::int64_t clock_difference_ns(std::int64_t first_ns, std::int64_t last_ns) const;
  // How much more time than true the node's clock can have shown to pass, in all: ages follow it
  // forward and never back.
  std::int64_t clock_gain_ns(NodeId node) const;
  // Whether a fault of any kind hit the node, or its links, at `until_ns` or before.
  bool was_hit(NodeId node, std::int64_t until_ns) const;
  // When the last fault ended; end_ns if one never did.
  std::int64_t last_end_ns() const;
  std::int64_t end_ns() const { return end_ns_; }

 private:
  // Whether the fault alone kept the node stopped from its begin to `last_ns`.
  bool keeps_stopped(const checkers::FaultRecord& fault, NodeId node, std::int64_t last_ns) const;
  // Calls `visit` for the faults in effect in the interval, latest first, until it returns true;
  // returns whether it did.
  template <class Visit>
  bool any_overlapping(std::int64_t first_ns, std::int64_t last_ns, Visit&& visit) const;

  std::span<const checkers::FaultRecord> all_;
  std::int64_t end_ns_;
  std::vector<const checkers::FaultRecord*> faults_;  // by at_ns
  std::vector<std::int64_t> latest_end_ns_;           // of the faults up to here
  std::vector<const checkers::FaultRecord*> destroying_;
};

}  // namespace holdfast::harness
