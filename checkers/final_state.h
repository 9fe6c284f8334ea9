// What every node held when a run had ended: raw dumps, without any repair, and what each node
// said of its hints. Compact: a version that several nodes hold is kept once, so that a million
// keys on three replicas take about 90 bytes a key.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checkers/history.h"
#include "node/base/ids.h"
#include "node/base/result.h"
#include "node/base/time.h"
#include "node/base/version.h"

namespace holdfast::checkers {

// What a mutation leaves in a row, a tombstone or a hint.
struct RowState {
  Version version;
  OperationId id;
  std::int64_t value = kNil;  // kNil for a tombstone, kForeignValue for none of the workload's
  bool deleted = false;

  bool operator==(const RowState&) const = default;
};

inline constexpr std::uint32_t kNoMutation = 0xffffffff;

// A row state and where it belongs; the mutations of one key form a list.
struct Mutation {
  RowState row;
  KeyId key = 0;
  std::uint32_t next = kNoMutation;  // of the same key
};

// A hint that was pending.
struct FinalHint {
  NodeId holder = kNoNode;
  NodeId destination = kNoNode;
  std::uint32_t mutation = kNoMutation;
};

struct QueueStatus {
  NodeId destination = kNoNode;
  std::uint64_t count = 0;  // pending
  std::uint64_t bytes = 0;
  Duration oldest_age{0};
};

// A node's own account of its hints at one time. Counts are those of one store: `store` changes
// when a disk was wiped. A run may hold several statuses of one node, in the order of time.
struct NodeStatus {
  NodeId node = kNoNode;
  std::int64_t asked_ns = 0;  // it tells of some time from then
  std::int64_t at_ns = 0;     // until then
  std::uint64_t store = 0;    // the store's incarnation
  std::uint64_t created = 0;
  std::uint64_t delivered = 0;
  std::uint64_t expired = 0;
  std::uint64_t dropped = 0;  // all reasons
  std::uint64_t quarantined = 0;
  std::uint64_t pending = 0;
  // Of the process, since it started; `process` is its incarnation, 0 where it is not known.
  std::uint64_t process = 0;
  // Hints refused before they were acknowledged.
  std::uint64_t refused_window = 0;  // the destination was away for longer than the hint window
  std::uint64_t refused_other = 0;
  // Records and bytes of hints that left as a holder's, each time anew; bytes that came as a
  // destination's.
  std::uint64_t sent = 0;
  std::uint64_t sent_bytes = 0;
  std::uint64_t received_bytes = 0;
  std::vector<QueueStatus> queues;
};

class FinalState {
 public:
  explicit FinalState(std::uint16_t nodes = 0) : dumped_(nodes, false), rows_(nodes) {}

  std::uint16_t nodes() const { return static_cast<std::uint16_t>(rows_.size()); }

  // Building. KeyIds are the history's: intern a key that no operation named into its Keys.
  void set_owners(KeyId key, std::span<const NodeId> owners);
  // All rows and hints of the node have been (or will be) added.
  void mark_dumped(NodeId node) { dumped_[node] = true; }
  // Replaces the node's earlier row of that key.
  void add_row(NodeId node, KeyId key, const RowState& row);
  void add_hint(NodeId holder, NodeId destination, KeyId key, const RowState& row);
  void add_status(NodeStatus status) { statuses_.push_back(std::move(status)); }
  void set_time(std::int64_t at_ns) { at_ns_ = at_ns; }

  // Reading.
  std::int64_t at_ns() const { return at_ns_; }  // when the dumps were made
  bool is_dumped(NodeId node) const { return dumped_[node]; }
  bool all_dumped() const;
  bool any_dumped() const;
  // The home replicas of a key, in order of preference; empty if unknown.
  std::span<const NodeId> owners(KeyId key) const;
  // The node's row; null if it has none (or was not dumped).
  const RowState* row(NodeId node, KeyId key) const;
  // The same as an index into mutations(); kNoMutation if there is none.
  std::uint32_t row_mutation(NodeId node, KeyId key) const {
    return key < rows_[node].size() ? rows_[node][key] : kNoMutation;
  }
  std::span<const FinalHint> hints() const { return hints_; }
  std::span<const NodeStatus> statuses() const { return statuses_; }
  // Those of which it is certain, for each node, that one came after the other, by time: a status
  // under way while a later one was asked for may tell of a time before it or after.
  std::vector<const NodeStatus*> statuses_in_order() const;
  // Every row state that some row or hint holds (or held, before add_row replaced it).
  std::span<const Mutation> mutations() const { return mutations_; }
  // The first mutation of a key, kNoMutation if there is none.
  std::uint32_t first_mutation(KeyId key) const {
    return key < first_.size() ? first_[key] : kNoMutation;
  }
  std::size_t bytes() const;  // of memory

 private:
  std::uint32_t intern(KeyId key, const RowState& row);

  std::int64_t at_ns_ = 0;
  std::vector<bool> dumped_;
  std::vector<std::vector<std::uint32_t>> rows_;  // [node][key]: a mutation or kNoMutation
  std::vector<std::uint32_t> first_;              // [key]
  std::vector<Mutation> mutations_;
  std::vector<FinalHint> hints_;
  std::vector<NodeStatus> statuses_;
  std::vector<std::vector<NodeId>> ranges_;  // distinct lists of owners
  std::vector<std::uint16_t> range_of_;      // [key]: 1 + index into ranges_, 0 if unknown
};

// final.jsonl (docs/formats.md).
Result<> write_final_state(const std::string& path, const FinalState& state, const Keys& keys);
// Interns the file's keys into `keys`, those of the history that it belongs to.
Result<FinalState> read_final_state(const std::string& path, Keys& keys);
Result<FinalState> parse_final_state(std::string_view text, std::string_view name, Keys& keys);

}  // namespace holdfast::checkers
