// Sync points: "have all hints that were stored before now reached their destinations?"
//
// A token names the node, its store and, for every destination, the last sequence and how many
// hints had been lost by then. It needs no state on the node, survives restarts, and covers
// destinations that are down (scylladb#9413: they were skipped). The answer is honest: DONE only if
// each of those hints was delivered, LOST n if n expired, were dropped or quarantined since.
#pragma once

#include <string>
#include <string_view>

#include "node/base/ids.h"
#include "node/base/result.h"
#include "node/storage/store.h"

namespace holdfast::node {

std::string create_sync_point(NodeId self, Store& store);

// "DONE", "IN_PROGRESS" or "LOST <n>"; "LOST" alone if the store was replaced since. An error for a
// token that is damaged or another node's.
Result<std::string> check_sync_point(std::string_view token, NodeId self, Store& store);

}  // namespace holdfast::node
