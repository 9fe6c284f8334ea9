// What a node keeps of a key, and what it keeps for others.
#pragma once

#include <cstdint>
#include <string>

#include "node/base/ids.h"
#include "node/base/time.h"
#include "node/base/version.h"

namespace holdfast::node {

// The newest mutation of a key. A tombstone is a row with `deleted` and no value.
struct Row {
  Version version;
  OperationId id;
  bool deleted = false;
  std::string value;

  bool operator==(const Row&) const = default;
};

// A row without its value: enough to merge, and to hash into a Merkle tree.
struct RowHead {
  Version version;
  OperationId id;
  bool deleted = false;
  std::uint64_t value_checksum = 0;  // hash64 of the value
};

// A mutation kept for `destination` while that home replica cannot take it.
struct Hint {
  NodeId destination = kNoNode;
  std::uint64_t sequence = 0;  // per destination and store, from 1, never reused
  std::string key;
  Row row;
  Duration stored_at{0};  // the holder's age clock when it was stored (see hints.h)
};

}  // namespace holdfast::node
