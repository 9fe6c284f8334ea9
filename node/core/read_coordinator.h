// The node as coordinator of reads, and read repair.
//
// A read asks as many home replicas as it needs (all that are up if reads repair), itself first;
// the others are asked when a quarter of its time, or of request_timeout, has passed. Who has what
// the coordinator has says so and sends no row (Cassandra's digest reads, without a digest). In
// sloppy and any quorums fallbacks are asked in the place of home replicas that are down; what a
// fallback holds counts, its absence never does. The newest version wins. Repair writes go to stale
// home replicas only and are never hinted (CASSANDRA-3440).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "node/core/context.h"
#include "node/core/deadlines.h"
#include "node/core/hints.h"
#include "node/core/quorum.h"
#include "node/core/replica.h"

namespace holdfast::node {

class ReadCoordinator {
 public:
  ReadCoordinator(Context& context, Replica& replica, Hints& hints);

  void begin(Address client, ClientRead request);
  void receive(NodeId from, ReplicaReadReply reply);
  // A repair was stored: an answer to a ReplicaWrite with WriteCoordinator::kRepairBit.
  void receive(NodeId from, const ReplicaWriteReply& reply);
  void tick();
  SteadyTime next_deadline() const { return deadlines_.next(); }
  // Reads without a reply yet.
  std::uint32_t in_flight() const { return static_cast<std::uint32_t>(reads_.size()) - lingering_; }

  // What this node answers to whoever asks it for what it has: its row, or what it holds for
  // others.
  ReplicaReadReply answer(const ReplicaRead& request);

 private:
  struct Answer {
    NodeId node = kNoNode;
    ReplicaReadReply content;
  };
  struct Read {
    Address client;
    std::string key;
    std::uint32_t range = 0;
    QuorumRule rule;
    SteadyTime deadline;
    SteadyTime next_step;  // when to ask more nodes, or the deadline
    std::vector<NodeId> asked;
    std::vector<Answer> answers;
    std::vector<NodeId> repairing;  // a blocking repair waits for them
    bool decided = false;           // enough answers came
    bool replied = false;
  };

  ErrorCode obstacle(const ClientRead& request, const QuorumRule& rule, std::uint32_t range,
                     std::string& detail) const;
  ReplicaReadReply read_here(std::string_view key, bool include_hints);
  std::vector<NodeId> candidates(const Read& read) const;
  void ask(std::uint64_t id, Read& read, std::size_t how_many);
  void settle(std::uint64_t id, Read& read);
  // The coordinator's own answer, which is the first; null if it is not asked.
  const Answer* own(const Read& read) const;
  bool has_quorum(const Read& read) const;
  const Answer* newest(const Read& read) const;
  std::vector<NodeId> stale_homes(const Read& read, const Answer& newest) const;
  // Sends the newest row to stale home replicas that answered. Returns those it has to wait for.
  std::vector<NodeId> repair(std::uint64_t id, const Read& read);
  void reply(Read& read, ErrorCode error, std::string detail);
  void forget(std::uint64_t id);
  // Bounds the reads that only wait for late answers, to repair: the oldest go unrepaired.
  void bound_lingering();

  Context& context_;
  Replica& replica_;
  Hints& hints_;
  std::uint64_t next_id_;
  std::map<std::uint64_t, Read> reads_;
  Deadlines deadlines_;
  std::uint32_t lingering_ = 0;  // replied, and waiting for the other answers
};

}  // namespace holdfast::node
