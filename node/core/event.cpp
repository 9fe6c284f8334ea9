#include "node/core/event.h"

namespace holdfast::node {

std::string_view to_string(EventKind kind) {
  switch (kind) {
    case EventKind::started:
      return "started";
    case EventKind::store_lost:
      return "store_lost";
    case EventKind::peer_down:
      return "peer_down";
    case EventKind::peer_up:
      return "peer_up";
    case EventKind::hint_stored:
      return "hint_stored";
    case EventKind::hint_refused:
      return "hint_refused";
    case EventKind::hint_delivered:
      return "hint_delivered";
    case EventKind::hint_received:
      return "hint_received";
    case EventKind::hint_expired:
      return "hint_expired";
    case EventKind::hint_dropped:
      return "hint_dropped";
    case EventKind::hint_quarantined:
      return "hint_quarantined";
    case EventKind::tombstone_purged:
      return "tombstone_purged";
    case EventKind::row_repaired:
      return "row_repaired";
  }
  return "?";
}

}  // namespace holdfast::node
