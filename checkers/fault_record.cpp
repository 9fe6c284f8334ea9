#include "checkers/fault_record.h"

#include <algorithm>

namespace holdfast::checkers {

bool FaultRecord::hits(NodeId node) const {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

bool FaultRecord::overlaps(std::int64_t first_ns, std::int64_t last_ns) const {
  return at_ns <= last_ns && until_ns >= first_ns;
}

bool FaultRecord::disturbs(NodeId a, NodeId b) const {
  return std::any_of(links.begin(), links.end(), [&](const Link& link) {
    return (link.from == a && link.to == b) || (link.from == b && link.to == a);
  });
}

bool FaultRecord::stops_nodes() const {
  return kind == "kill" || kind == "power_loss" || kind == "wipe" || kind == "pause";
}

bool FaultRecord::destroys(NodeId node, std::int64_t since_ns, bool survives_power_loss) const {
  if (!hits(node)) return false;
  // A damaged page is found when it is read, at any later time. A wipe strikes at once.
  if (data_lost && kind == "disk") return true;
  if (data_lost || kind == "wipe") return at_ns >= since_ns;
  if (survives_power_loss) return false;
  return (kind == "power_loss" && at_ns >= since_ns) || (syncs_failed && until_ns >= since_ns);
}

namespace {

// How far the clock was off at the end of the fault, in µs.
std::int64_t final_offset_us(const FaultRecord& fault, std::int64_t last_ns) {
  const std::int64_t end_ns = std::max(fault.at_ns, std::min(fault.until_ns, last_ns));
  const std::int64_t ms = (end_ns - fault.at_ns) / 1'000'000;
  return to_us(fault.clock_offset) + ms * fault.drift_ppm / 1000;
}

}  // namespace

Duration FaultRecord::furthest_ahead(std::int64_t last_ns) const {
  return std::max({Duration(0), clock_offset, Duration(final_offset_us(*this, last_ns))});
}

Duration FaultRecord::furthest_behind(std::int64_t last_ns) const {
  return std::max({Duration(0), -clock_offset, -Duration(final_offset_us(*this, last_ns))});
}

}  // namespace holdfast::checkers
