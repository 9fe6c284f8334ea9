// Handoff: delivering hints to their destinations, as holder and as destination.
//
// For each destination that is up, the holder offers, the destination grants bytes (its own
// throttle, over all holders), and the holder sends one batch, in order of sequence. Each record
// is acknowledged on its own, after an fsync at the destination, and only then ended at the
// holder; what was not acknowledged is sent again, from the first. Applying is a merge, so that a
// record may arrive twice and late. What is older than hint_max_age is never sent. A record that is
// refused for ever is quarantined after a few tries; one that never gets an answer is sent alone,
// then passed over until the next walk, so that it blocks nobody.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "node/core/context.h"
#include "node/core/hints.h"
#include "node/core/replica.h"
#include "node/core/token_bucket.h"

namespace holdfast::node {

class Handoff {
 public:
  Handoff(Context& context, Replica& replica, Hints& hints);

  // As holder.
  void receive(NodeId from, const HandoffGrant& grant);
  void receive(NodeId from, const HintDeliveryReply& reply);
  // Looks for queues that are new.
  void wake();
  // No pause after a failure any more: it is back.
  void destination_up(NodeId destination);
  void tick();
  SteadyTime next_deadline() const { return next_deadline_; }
  bool is_delivering(NodeId destination) const;
  void set_paused(NodeId destination, bool paused);  // kNoNode: all
  bool is_paused(NodeId destination) const;

  // As destination.
  void receive(NodeId from, const HandoffOffer& offer);
  void receive(NodeId from, const HintDelivery& delivery);

 private:
  enum class Step : std::uint8_t { idle, offered, sent };
  struct Sent {
    std::uint64_t sequence = 0;
    OperationId id;
    Version version;
  };
  struct Delivery {
    Step step = Step::idle;
    std::uint64_t handoff = 0;  // the number of the exchange under way, or of the last
    SteadyTime deadline;        // of the exchange, or when to try again
    std::uint64_t from = 0;     // the walk's position: sequences below were passed over
    std::uint32_t batch = 0;    // records at once; 0 is as configured
    std::vector<Sent> sent;
    std::map<std::uint64_t, std::uint32_t> refusals;  // of a sequence
    bool paused = false;
  };

  void start_due();
  void start(NodeId destination, Delivery& delivery);
  void send_batch(NodeId destination, Delivery& delivery, std::uint64_t granted);
  std::vector<Hint> next_hints(NodeId destination, Delivery& delivery, std::uint64_t bytes);
  void exchange_failed(NodeId destination, Delivery& delivery);
  std::uint64_t send_rate() const;
  bool pretends_to_store(const HintRecord& record) const;
  void end_hint(NodeId destination, Delivery& delivery, const Sent& sent, DeliveryStatus status);
  bool has_work(NodeId destination, const Delivery& delivery) const;
  void update_deadline();
  std::uint32_t active() const;
  Delivery* exchange(NodeId from, std::uint64_t handoff, Step step);

  Context& context_;
  Replica& replica_;
  Hints& hints_;
  std::map<NodeId, Delivery> deliveries_;
  std::uint64_t next_handoff_;
  SteadyTime next_deadline_ = kNever;
  bool all_paused_ = false;
  bool loaded_ = true;
  TokenBucket send_bucket_;
  TokenBucket receive_bucket_;
};

// Over key and row: what was read is what arrives.
std::uint64_t record_checksum(std::string_view key, const Row& row);

}  // namespace holdfast::node
