// The node as coordinator of writes.
//
// A write goes to all home replicas that are up; for one that is down, or has not acknowledged
// within request_timeout (or the client's own, if that is shorter), a hint is placed. The client
// hears as soon as the quorum is met. A definite failure is reported only before anything was
// stored or sent; later ones are indefinite, because what was sent may yet take effect.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "node/core/context.h"
#include "node/core/deadlines.h"
#include "node/core/hints.h"
#include "node/core/quorum.h"
#include "node/core/replica.h"

namespace holdfast::node {

class WriteCoordinator {
 public:
  WriteCoordinator(Context& context, Replica& replica, Hints& hints);

  void begin(Address client, ClientWrite request);
  // An answer to a ReplicaWrite whose request is_write_request().
  void receive(NodeId from, const ReplicaWriteReply& reply);
  void tick();
  SteadyTime next_deadline() const { return deadlines_.next(); }
  // Answered ones too, as long as they may become hints.
  std::uint32_t in_flight() const { return static_cast<std::uint32_t>(writes_.size()); }

  // Writes and read repairs share the space of ReplicaWrite::request: this tells them apart.
  // Below a write's id stands the index of the home replica.
  static bool is_write_request(std::uint64_t request) { return (request & kRepairBit) == 0; }
  static constexpr std::uint64_t kRepairBit = 8;
  static constexpr int kIdShift = 4;
  static_assert(kMostReplicas <= kRepairBit);

 private:
  static constexpr std::uint32_t kHolderTries = 3;

  enum class TargetState : std::uint8_t {
    waiting,  // the home replica was asked
    hinting,  // a holder was asked
    done,     // it, or a holder in its place, has the write
    missed    // nobody could take it: repair must
  };
  // A home replica, and who keeps the write in its place.
  struct Target {
    NodeId home = kNoNode;
    TargetState state = TargetState::waiting;
    bool may_acknowledge = false;  // it was asked, and has not answered
    std::uint8_t tries = 0;
    std::array<NodeId, kHolderTries> holders{};  // asked so far

    bool has_tried(NodeId node) const;
  };
  struct Write {
    Address client;
    std::string key;
    Row row;
    std::uint32_t range = 0;
    Quorum quorum;
    SteadyTime deadline;   // of the reply
    SteadyTime next_step;  // when those who have not acknowledged are given up
    Duration patience;     // between two steps
    bool replied = false;
    Durability reply_needs = Durability::none;
    std::uint32_t target_count = 0;
    std::array<Target, kMostReplicas> targets{};

    std::span<Target> all_targets() { return {targets.data(), target_count}; }
  };

  QuorumRule rule_of(const RequestOptions& options) const;
  // Why the write cannot be attempted, or ErrorCode::none.
  ErrorCode obstacle(const ClientWrite& request, const QuorumRule& rule, std::uint32_t range,
                     std::string& detail) const;
  std::uint32_t most_acks_possible(const QuorumRule& rule, std::uint32_t range) const;
  void ask_home(std::uint64_t id, Write& write, Target& target);
  // `late`: the home replica was asked and did not acknowledge in time.
  void place_hint(std::uint64_t id, Write& write, Target& target, bool late);
  NodeId choose_holder(Write& write, const Target& target) const;
  void keep_hint_here(Write& write, Target& target, bool ignore_window = false);
  void end_hinting();
  void acknowledge(Write& write, Target& target, Ack ack);
  // Replies if it is time, and forgets the write once all its targets are done or missed.
  void settle(std::uint64_t id, Write& write);
  void reply(Write& write, ErrorCode error, std::string detail);
  void give_up_waiting(std::uint64_t id, Write& write);
  // Bounds the writes that only wait for late replicas: the oldest end with hints kept here.
  void bound_lingering(std::uint64_t bytes_more);
  std::uint64_t request_of(std::uint64_t id, const Write& write, const Target& target) const;

  Context& context_;
  Replica& replica_;
  Hints& hints_;
  std::uint64_t next_id_;
  std::map<std::uint64_t, Write> writes_;
  Deadlines deadlines_;
  std::uint32_t hints_in_flight_ = 0;
  std::uint32_t lingering_ = 0;        // replied, and waiting for late replicas or holders
  std::uint64_t bytes_in_flight_ = 0;  // of values
};

}  // namespace holdfast::node
