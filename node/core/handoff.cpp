#include "node/core/handoff.h"

#include <algorithm>
#include <utility>

#include "node/base/check.h"
#include "node/base/hash.h"
#include "node/core/merkle.h"

namespace holdfast::node {

std::uint64_t record_checksum(std::string_view key, const Row& row) {
  return row_hash(key, RowHead{row.version, row.id, row.deleted, hash64(row.value)}) ^
         mix64(row.id.high ^ mix64(row.id.low));
}

Handoff::Handoff(Context& context, Replica& replica, Hints& hints)
    : context_(context), replica_(replica), hints_(hints), next_handoff_(context.first_request()) {
  loaded_ = context.store.queues().empty() || !context.config.has(Bug::hints_not_loaded);
  wake();
}

// ---- As holder -----------------------------------------------------------------------------

bool Handoff::has_work(NodeId destination, const Delivery& delivery) const {
  if (all_paused_ || delivery.paused || !loaded_) return false;
  const auto queue = context_.store.queues().find(destination);
  return queue != context_.store.queues().end() && queue->second.count > 0 &&
         context_.detector.is_up(destination);
}

void Handoff::wake() {
  for (const auto& [destination, queue] : context_.store.queues()) {
    if (queue.count > 0) deliveries_.try_emplace(destination);
  }
  update_deadline();
}

void Handoff::destination_up(NodeId destination) {
  const auto found = deliveries_.find(destination);
  if (found != deliveries_.end() && found->second.step == Step::idle) {
    found->second.deadline = context_.now.steady;
  }
  wake();
}

void Handoff::tick() {
  if (context_.now.steady < next_deadline_) return;
  for (auto& [destination, delivery] : deliveries_) {
    if (delivery.step != Step::idle && delivery.deadline <= context_.now.steady) {
      exchange_failed(destination, delivery);
    }
  }
  start_due();
  update_deadline();
}

// In turn: whoever was served longest ago is next.
void Handoff::start_due() {
  while (active() < context_.config.handoff_concurrency) {
    auto next = deliveries_.end();
    for (auto it = deliveries_.begin(); it != deliveries_.end(); ++it) {
      const auto& [destination, delivery] = *it;
      const bool due = delivery.step == Step::idle && delivery.deadline <= context_.now.steady &&
                       has_work(destination, delivery);
      const bool earlier = next == deliveries_.end() || delivery.handoff < next->second.handoff;
      if (due && earlier) next = it;
    }
    if (next == deliveries_.end()) return;
    start(next->first, next->second);
  }
}

std::uint64_t Handoff::send_rate() const {
  const std::uint64_t rate = context_.config.handoff_send_bytes_per_s;
  if (context_.config.has(Bug::throttle_rounds_to_zero)) return rate / 65536 * 65536;
  return rate;
}

void Handoff::start(NodeId destination, Delivery& delivery) {
  const std::uint64_t rate = send_rate();
  if (!send_bucket_.available(rate, context_.now.steady)) {
    delivery.deadline = context_.now.steady + send_bucket_.wait(rate);
    return;
  }
  CHECK(delivery.step == Step::idle && destination != context_.self());
  CHECK(active() < context_.config.handoff_concurrency);
  delivery.step = Step::offered;
  delivery.handoff = next_handoff_++;
  delivery.deadline = context_.now.steady + context_.config.request_timeout;
  const std::uint64_t bytes = context_.store.queues().at(destination).bytes;
  context_.send(destination, Durability::none, HandoffOffer{delivery.handoff, bytes});
}

Handoff::Delivery* Handoff::exchange(NodeId from, std::uint64_t handoff, Step step) {
  const auto found = deliveries_.find(from);
  if (found == deliveries_.end()) return nullptr;
  Delivery& delivery = found->second;
  return delivery.step == step && delivery.handoff == handoff ? &delivery : nullptr;
}

void Handoff::receive(NodeId from, const HandoffGrant& grant) {
  Delivery* delivery = exchange(from, grant.handoff, Step::offered);
  if (delivery == nullptr) return;
  if (grant.bytes == 0) {
    delivery->step = Step::idle;
    delivery->deadline = context_.now.steady + std::max(grant.retry_after, Duration{1});
  } else {
    send_batch(from, *delivery, grant.bytes);
  }
  update_deadline();
}

std::vector<Hint> Handoff::next_hints(NodeId destination, Delivery& delivery, std::uint64_t bytes) {
  // Of a long backlog only some expires at once: the next exchange goes on.
  if (!hints_.expire(destination)) return {};
  const std::uint32_t count =
      delivery.batch == 0 ? context_.config.handoff_batch_count : delivery.batch;
  std::vector<Hint> hints = context_.store.hints(destination, delivery.from, count, bytes);
  if (!hints.empty() && context_.config.has(Bug::big_hint_blocks_its_queue) &&
      hints.front().key.size() + hints.front().row.value.size() > bytes) {
    delivery.deadline = context_.now.steady + context_.config.handoff_retry;
    return {};
  }
  if (hints.empty() && delivery.from != 0) {
    // The end of the walk: the next one begins with what was passed over.
    delivery.from = 0;
    delivery.deadline = context_.now.steady + context_.config.handoff_retry;
  }
  return hints;
}

void Handoff::send_batch(NodeId destination, Delivery& delivery, std::uint64_t granted) {
  const std::uint64_t bytes = std::min<std::uint64_t>(granted, context_.config.handoff_batch_bytes);
  delivery.step = Step::idle;
  delivery.deadline = context_.now.steady;
  std::vector<Hint> hints = next_hints(destination, delivery, bytes);
  if (hints.empty()) return;
  CHECK(hints.size() <= context_.config.handoff_batch_count);
  HintDelivery message{delivery.handoff, {}};
  delivery.sent.clear();
  std::uint64_t sent_bytes = 0;
  for (Hint& hint : hints) {
    delivery.sent.push_back({hint.sequence, hint.row.id, hint.row.version});
    sent_bytes += hint.key.size() + hint.row.value.size();
    // In the order of their sequence, and none twice.
    CHECK(message.records.empty() || message.records.back().sequence < hint.sequence);
    const std::uint64_t checksum = record_checksum(hint.key, hint.row);
    message.records.push_back({hint.sequence, std::move(hint.key), std::move(hint.row), checksum});
  }
  std::uint64_t counted = sent_bytes;
  if (context_.config.has(Bug::send_throttle_counts_keys)) {
    counted = 0;
    for (const HintRecord& record : message.records) counted += record.key.size();
  }
  send_bucket_.take(send_rate() == 0 ? 0 : counted);
  context_.counters.hints_sent += message.records.size();
  context_.counters.hint_bytes_sent += sent_bytes;
  const bool to_self = context_.config.has(Bug::deliver_to_self);
  const bool elsewhere = context_.config.has(Bug::hint_delivered_elsewhere);
  if (to_self || elsewhere || context_.config.has(Bug::delete_hint_before_ack)) {
    for (const Sent& sent : delivery.sent) {
      context_.store.deliver_hint(destination, sent.sequence);
    }
  }
  if (to_self) return;
  delivery.step = Step::sent;
  const bool hasty = context_.config.has(Bug::deliveries_not_awaited);
  delivery.deadline =
      context_.now.steady + (hasty ? Duration{1000} : context_.config.request_timeout);
  const NodeId next = static_cast<NodeId>((destination + 1) % context_.ring.members());
  context_.send(elsewhere ? next : destination, Durability::none, std::move(message));
}

void Handoff::receive(NodeId from, const HintDeliveryReply& reply) {
  Delivery* delivery = exchange(from, reply.handoff, Step::sent);
  if (delivery == nullptr) return;
  for (const DeliveryResult& result : reply.results) {
    const auto sent =
        std::find_if(delivery->sent.begin(), delivery->sent.end(),
                     [&](const Sent& record) { return record.sequence == result.sequence; });
    if (sent == delivery->sent.end()) continue;
    end_hint(from, *delivery, *sent, result.status);
    delivery->sent.erase(sent);
  }
  if (delivery->batch != 0) {
    delivery->batch = std::min(delivery->batch * 2, context_.config.handoff_batch_count);
  }
  delivery->step = Step::idle;
  delivery->deadline = context_.now.steady;
  if (context_.config.has(Bug::handoff_ends_for_good)) {
    const auto queue = context_.store.queues().find(from);
    delivery->paused = queue == context_.store.queues().end() || queue->second.count == 0;
  }
  start_due();
  update_deadline();
}

void Handoff::end_hint(NodeId destination, Delivery& delivery, const Sent& sent,
                       DeliveryStatus status) {
  const Row row{sent.version, sent.id, false, {}};
  if (status == DeliveryStatus::stored) {
    delivery.refusals.erase(sent.sequence);
    if (context_.config.has(Bug::hint_never_deleted)) {
      delivery.from = sent.sequence + 1;
      return;
    }
    if (context_.config.has(Bug::hints_deleted_when_all_are_sent)) {
      delivery.from = sent.sequence + 1;
      const auto left = context_.store.hints(destination, delivery.from, 1, 1);
      if (!left.empty()) return;
      for (const Hint& hint : context_.store.hints(destination, 0, SIZE_MAX, SIZE_MAX)) {
        context_.store.deliver_hint(destination, hint.sequence);
      }
      return;
    }
    if (!context_.store.deliver_hint(destination, sent.sequence)) return;
    return context_.log(EventKind::hint_delivered, destination, row, sent.sequence);
  }
  if (++delivery.refusals[sent.sequence] < context_.config.handoff_attempts) {
    delivery.from = std::max(delivery.from, sent.sequence + 1);
    return;
  }
  delivery.refusals.erase(sent.sequence);
  context_.store.quarantine_hint(destination, sent.sequence);
  context_.log(EventKind::hint_quarantined, destination, row, sent.sequence);
}

void Handoff::exchange_failed(NodeId destination, Delivery& delivery) {
  ++context_.counters.handoff_timeouts;
  for (const Sent& sent : delivery.sent) {
    const bool first = &sent == &delivery.sent.front();
    if (context_.config.has(Bug::failed_delivery_deletes) ||
        (first && context_.config.has(Bug::resume_skips_a_hint))) {
      context_.store.deliver_hint(destination, sent.sequence);
    }
  }
  if (context_.config.has(Bug::handoff_not_retried)) delivery.paused = true;
  if (delivery.step == Step::sent) {
    const std::uint32_t batch =
        delivery.batch == 0 ? context_.config.handoff_batch_count : delivery.batch;
    if (batch == 1 && !delivery.sent.empty()) delivery.from = delivery.sent.front().sequence + 1;
    delivery.batch = std::max(1u, batch / 2);
  }
  delivery.sent.clear();
  delivery.step = Step::idle;
  delivery.deadline = context_.now.steady + context_.config.handoff_retry;
  if (context_.config.has(Bug::deliveries_not_awaited)) delivery.deadline = context_.now.steady;
  if (context_.config.has(Bug::hints_deleted_when_all_are_sent)) delivery.from = 0;
}

std::uint32_t Handoff::active() const {
  std::uint32_t count = 0;
  for (const auto& [destination, delivery] : deliveries_) {
    count += delivery.step == Step::idle ? 0 : 1;
  }
  return count;
}

void Handoff::update_deadline() {
  next_deadline_ = kNever;
  const bool room = active() < context_.config.handoff_concurrency;
  for (const auto& [destination, delivery] : deliveries_) {
    const bool waits = delivery.step != Step::idle || (room && has_work(destination, delivery));
    if (waits) next_deadline_ = std::min(next_deadline_, delivery.deadline);
  }
}

bool Handoff::is_delivering(NodeId destination) const {
  const auto found = deliveries_.find(destination);
  return found != deliveries_.end() && found->second.step == Step::sent;
}

void Handoff::set_paused(NodeId destination, bool paused) {
  if (destination == kNoNode) {
    all_paused_ = paused;
    for (auto& [node, delivery] : deliveries_) delivery.paused = false;
  } else {
    deliveries_[destination].paused = paused;
  }
  wake();
}

bool Handoff::is_paused(NodeId destination) const {
  const auto found = deliveries_.find(destination);
  return all_paused_ || (found != deliveries_.end() && found->second.paused);
}

// ---- As destination ------------------------------------------------------------------------

void Handoff::receive(NodeId from, const HandoffOffer& offer) {
  const std::uint64_t rate = context_.config.handoff_receive_bytes_per_s;
  HandoffGrant grant{offer.handoff, context_.config.handoff_batch_bytes, Duration{0}};
  if (!receive_bucket_.available(rate, context_.now.steady)) {
    grant.bytes = 0;
    grant.retry_after = receive_bucket_.wait(rate);
  }
  context_.send(from, Durability::none, grant);
}

bool Handoff::pretends_to_store(const HintRecord& record) const {
  constexpr std::size_t kBig = 90;
  return (record.row.deleted && context_.config.has(Bug::deletes_not_handed_off)) ||
         (record.row.value.size() > kBig && context_.config.has(Bug::big_hints_dropped));
}

void Handoff::receive(NodeId from, const HintDelivery& delivery) {
  HintDeliveryReply reply{delivery.handoff, {}};
  std::uint64_t bytes = 0;
  for (const HintRecord& record : delivery.records) {
    bytes += record.key.size() + record.row.value.size();
    const bool sound = record.checksum == record_checksum(record.key, record.row);
    if (!sound) {
      reply.results.push_back({record.sequence, DeliveryStatus::refused});
      continue;
    }
    bool changed = true;
    if (context_.config.has(Bug::late_delivery_overwrites)) {
      replica_.overwrite(record.key, record.row);
    } else if (context_.config.has(Bug::delivery_restamps)) {
      Row restamped = record.row;
      restamped.version = context_.clock.next(context_.now.wall);
      replica_.merge(record.key, restamped);
    } else if (!pretends_to_store(record)) {
      changed = replica_.merge(record.key, record.row);
    }
    ++context_.counters.hints_received;
    context_.counters.hints_received_stale += changed ? 0 : 1;
    context_.log(EventKind::hint_received, from, record.row, record.sequence, changed ? 1 : 0);
    reply.results.push_back({record.sequence, DeliveryStatus::stored});
  }
  context_.counters.hint_bytes_received += bytes;
  if (context_.config.handoff_receive_bytes_per_s != 0) receive_bucket_.take(bytes);
  // The holder deletes on this word: it must survive the power, whatever store_durability says.
  const bool lie = context_.config.has(Bug::ack_before_sync) ||
                   context_.config.has(Bug::delivery_ack_before_sync);
  context_.send(from, lie ? Durability::none : Durability::fsync, std::move(reply));
}

}  // namespace holdfast::node
