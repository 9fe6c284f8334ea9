// Anti-entropy: two home replicas compare their Merkle trees and exchange the rows that differ.
//
// The initiator drives; the peer answers from what the message holds and its own store, and keeps
// no session. With one peer, for all ranges both are home replicas of:
//
//   TreeCompare, level by level  ->  TreeDifference: which nodes differ
//   LeafSummary: keys and versions of differing leaves  ->  LeafDifference: newer rows, and the
//                                                           keys the peer wants
//   RepairRows: those             ->  RepairRowsReply
//
// Rows that do not fit into one message go in several: what the peer wants in as many RepairRows;
// what the peer has, by comparing the same leaves again. Rows are merged like any write. A *round*
// is one exchange with each peer that is up. It is silent if no row went either way. Every step has
// a deadline; a round that missed one counts as failed and goes on with the next peer.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "node/core/context.h"
#include "node/core/replica.h"

namespace holdfast::node {

class AntiEntropyRound {
 public:
  AntiEntropyRound(Context& context, Replica& replica);

  // Starts a round with `peer`, or with all (kNoNode), after the one under way; asked for again
  // before it has begun it is the same round. REQUIRES: peer is not this node.
  void request(NodeId peer);
  bool is_running() const { return peer_ != kNoNode || !peers_.empty(); }
  void tick();
  SteadyTime next_deadline() const { return peer_ == kNoNode ? kNever : deadline_; }

  // As initiator.
  void receive(NodeId from, const TreeDifference& difference);
  void receive(NodeId from, const LeafDifference& difference);
  void receive(NodeId from, const RepairRowsReply& reply);

  // As peer.
  void receive(NodeId from, const TreeCompare& compare);
  void receive(NodeId from, const LeafSummary& summary);
  void receive(NodeId from, const RepairRows& repair);

 private:
  void start_periodic();
  void begin_round();
  void open_round();
  void next_peer();
  void begin_session();
  void compare_next();
  void exchange_next();
  void send_wanted();
  void end_session();
  void send(Message message, std::uint64_t bytes);
  void answer(NodeId to, Message message, std::uint64_t bytes);
  bool is_current(NodeId from, std::uint64_t session) const;
  // How many of them changed this node's state.
  std::uint64_t take_rows(NodeId from, const std::vector<DumpedRow>& rows);
  bool is_skipped(const Row& row) const;  // by a planted bug
  std::vector<RowSummary> summarize(const std::vector<TreeNode>& leaves) const;
  bool is_shared(const TreeNode& node, std::uint32_t level, NodeId peer) const;

  Context& context_;
  Replica& replica_;
  WallTime last_periodic_;

  std::vector<NodeId> requested_;  // rounds to come; kNoNode is "with all"
  std::deque<NodeId> peers_;       // of this round, still to come
  bool round_open_ = false;
  bool round_failed_ = false;
  std::uint64_t round_rows_ = 0;

  NodeId peer_ = kNoNode;  // of the session under way
  std::uint64_t session_ = 0;
  std::uint32_t level_ = 0;
  std::deque<TreeNode> to_compare_;  // of level_
  std::deque<TreeNode> next_level_;
  std::deque<TreeNode> leaves_;      // to be compared row by row
  std::vector<TreeNode> comparing_;  // of these, in the message under way
  std::deque<std::string> wanted_;   // keys that the peer still wants
  SteadyTime deadline_;
};

}  // namespace holdfast::node
