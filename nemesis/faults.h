// What a nemesis may do to a cluster. The cluster's implementations (simulator, processes) each
// support some of it, and say which before a test starts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "node/base/ids.h"
#include "node/base/result.h"
#include "node/base/time.h"

namespace holdfast::nemesis {

enum class FaultKind : std::uint8_t {
  kill,        // the process dies; what was written survives
  power_loss,  // the process dies; what was not synced is lost, kept or torn, page by page
  pause,       // the process stands still, its sockets stay open
  restart,     // a node that was killed starts again
  wipe,        // a killed node's disk is emptied
  partition,   // messages from one node to another vanish
  link,        // a link delays, loses, duplicates, reorders or corrupts messages, or is slow
  disk,        // a disk fails: I/O errors, full, bit flips, slow syncs
  clock,       // a node's wall clock is off, or drifts
  slow,        // a node stalls again and again
  stop         // the process is asked to end, and does so in good order
};
inline constexpr std::size_t kFaultKinds = 11;
std::string_view to_string(FaultKind kind);
std::optional<FaultKind> parse_fault_kind(std::string_view text);

using Direction = std::pair<NodeId, NodeId>;  // of a link: from, to

// The quality of one direction of a link, on top of its normal delay.
struct LinkQuality {
  Duration delay{0};
  Duration jitter{0};  // uniform in [0, jitter]
  std::uint32_t loss_per_mille = 0;
  std::uint32_t duplicate_per_mille = 0;
  std::uint32_t reorder_per_mille = 0;  // a message that overtakes: sent without the delay
  std::uint32_t corrupt_per_mille = 0;  // one bit flips; the receiver's checksum finds it
  std::uint64_t bytes_per_second = 0;   // 0: no limit

  bool operator==(const LinkQuality&) const = default;
};

enum class DiskFault : std::uint8_t {
  none,
  io_error,  // every write and sync fails
  full,      // writes that extend a file fail
  bit_flip,  // one bit of a page of the database flips, now
  slow_sync  // every sync takes 200 ms longer
};

// All calls take effect at once and cannot fail where supports() says yes and their REQUIRES hold.
class Faults {
 public:
  virtual ~Faults() = default;
  virtual bool supports(FaultKind kind) const = 0;
  // Where it is this machine, or a host, that cannot: why, in words. Empty where no cluster of this
  // kind can.
  virtual std::string why_unsupported(FaultKind) const { return ""; }

  // Whether the node's process exists (a paused one does).
  virtual bool is_running(NodeId node) const = 0;
  virtual bool is_paused(NodeId node) const = 0;

  virtual void kill(NodeId node) = 0;        // no effect on one that is not running
  virtual void power_loss(NodeId node) = 0;  // likewise
  // Asks it to end, and returns at once: it ends the requests under way first, and takes no more.
  virtual void stop(NodeId node) = 0;  // no effect on one that is not running
  // No effect on a running one. One that is about to end starts again once it has ended.
  virtual void restart(NodeId node) = 0;
  virtual void wipe(NodeId node) = 0;  // kills it first if it runs
  virtual void pause(NodeId node) = 0;
  virtual void resume(NodeId node) = 0;

  // Cuts or restores directions; no effect on those that are already.
  virtual void cut(const std::vector<Direction>& directions) = 0;
  virtual void mend(const std::vector<Direction>& directions) = 0;
  virtual void set_link(NodeId from, NodeId to, const LinkQuality& quality) = 0;

  virtual void set_disk(NodeId node, DiskFault fault) = 0;
  // The node's wall clock shows the true one plus `offset`, and gains `drift_ppm`.
  virtual void set_clock(NodeId node, Duration offset, std::int32_t drift_ppm) = 0;
  // Each turn of the node's loop lasts this much longer; 0: as usual.
  virtual void set_slow(NodeId node, Duration stall) = 0;
};

}  // namespace holdfast::nemesis
