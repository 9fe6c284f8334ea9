// What happened to hints inside a node: the source of autopsies. Event logs lie outside the store
// and survive a wipe. They feed explanations only, never a verdict.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "node/base/ids.h"
#include "node/base/time.h"
#include "node/base/version.h"

namespace holdfast::node {

enum class EventKind : std::uint8_t {
  started,           // detail: the store's incarnation
  store_lost,        // a damaged store was set aside
  peer_down,         // peer
  peer_up,           // peer
  hint_stored,       // peer: its destination
  hint_refused,      // peer: the destination; detail: HintRefusal
  hint_delivered,    // peer: the destination, which has acknowledged it
  hint_received,     // peer: the holder; detail: 1 if it changed this node's row
  hint_expired,      // peer: the destination
  hint_dropped,      // peer: the destination; detail: DropReason
  hint_quarantined,  // peer: the destination
  tombstone_purged,
  row_repaired  // peer: whose row changed this node's; detail: 1 if by anti-entropy, not by a read
};
inline constexpr std::size_t kEventKinds = 13;
std::string_view to_string(EventKind kind);

struct Event {
  Time at;
  EventKind kind = EventKind::started;
  NodeId peer = kNoNode;
  OperationId id;
  Version version;
  std::uint64_t sequence = 0;  // of a hint
  std::uint64_t detail = 0;
};

}  // namespace holdfast::node
