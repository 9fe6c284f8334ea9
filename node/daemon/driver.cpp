#include "node/daemon/driver.h"

#include <algorithm>
#include <utility>

#include "node/base/hash.h"
#include "node/base/random.h"
#include "node/daemon/clock.h"
#include "node/daemon/log.h"

namespace holdfast::node {
namespace {

constexpr Duration kFirstBackoff = std::chrono::milliseconds(50);
constexpr Duration kLastBackoff = std::chrono::seconds(2);
constexpr Duration kSettled = std::chrono::seconds(10);
// A change of wall against steady time that is a jump and not a correction.
constexpr Duration kJump = std::chrono::milliseconds(20);

std::string_view describe(StoreStatus status) {
  switch (status) {
    case StoreStatus::ok:
      return "ok";
    case StoreStatus::io_error:
      return "I/O error";
    case StoreStatus::full:
      return "no space left";
    case StoreStatus::corrupt:
      return "damaged page";
  }
  return "?";
}

}  // namespace

Driver::Driver(Disk& disk, NodeId self, std::uint16_t members, const Config& config,
               NextIncarnation next_incarnation, EventLog events, Delivery& delivery)
    : disk_(disk),
      self_(self),
      members_(members),
      config_(config),
      next_incarnation_(std::move(next_incarnation)),
      event_log_(std::move(events)),
      delivery_(delivery) {}

Result<> Driver::open(Time now) {
  const Result<std::uint32_t> incarnation = next_incarnation_(now.wall);
  if (!incarnation) return incarnation.error();
  OpenReport report;
  // A store made now is named by the moment: unlike the incarnation it fits a disk of any history.
  auto store = Store::open(disk_, static_cast<std::uint64_t>(to_us(now.wall)), report, kLargeStore);
  if (!store) return store.error();
  if (report.lost_corrupt_file) {
    log_error("the store was damaged and is set aside, this node begins empty: " + report.detail);
  }
  incarnation_ = *incarnation;
  store_ = std::move(*store);
  Identity identity;
  identity.self = self_;
  identity.members = members_;
  identity.incarnation = incarnation_;
  identity.store_created = report.created || report.lost_corrupt_file;
  identity.store_lost = report.lost_corrupt_file;
  identity.seed =
      derive_seed(static_cast<std::uint64_t>(to_us(now.wall)), "daemon", self_, incarnation_);
  node_ = std::make_unique<Node>(identity, config_, *store_, now);
  opened_at_ = now.steady;
  retry_at_ = kNever;
  wall_ahead_.reset();
  return {};
}

void Driver::close() {
  node_.reset();
  if (store_ && store_->unsynced() && store_->sync() != StoreStatus::ok) {
    log_error("the last sync failed: " + store_->status_detail());
  }
  store_.reset();
}

void Driver::receive(Time now, Envelope envelope) {
  if (!node_) return;
  has_input_ = true;
  node_->receive(now, std::move(envelope));
}

void Driver::turn(Time now) {
  has_input_ = false;
  if (!node_) {
    if (now.steady < retry_at_) return;
    if (const Result<> opened = open(now); !opened) {
      log_error("the store does not open: " + opened.error().message);
      return store_failed(now, StoreStatus::ok);
    }
    log_info("the store is open again");
  }
  ++counters_.turns;
  const Duration ahead = now.wall.time_since_epoch() - now.steady.time_since_epoch();
  const bool jumped = wall_ahead_ && std::chrono::abs(ahead - *wall_ahead_) > kJump;
  wall_ahead_ = ahead;
  if (jumped || now.steady >= node_->next_wakeup()) node_->tick(now);

  if (const StoreStatus status = store_->commit(); status != StoreStatus::ok) {
    return store_failed(now, status);
  }
  node_->take_events(events_);
  counters_.events += events_.size();
  event_log_.append(events_);
  events_.clear();

  node_->take_outbox(outbox_);
  if (outbox_.empty()) return;
  deliver(false);
  if (!outbox_.empty()) {
    if (store_->unsynced()) {
      // Peers and the disk work at the same time.
      delivery_.flush();
      const SteadyTime before = steady_now();
      const StoreStatus status = store_->sync();
      counters_.sync_us += static_cast<std::uint64_t>(to_us(steady_now() - before));
      ++counters_.syncs;
      if (status != StoreStatus::ok) return store_failed(now, status);
    }
    deliver(true);
  }
  delivery_.flush();
}

// Delivers, in order, the messages that need a sync, or those that need none.
void Driver::deliver(bool needing_sync) {
  const auto deliver_one = [this](Envelope& envelope) {
    if (envelope.to.is_client()) {
      delivery_.to_client(envelope.to.client, std::move(envelope.message));
    } else {
      delivery_.to_peer(envelope);
    }
  };
  if (needing_sync) {
    for (Envelope& envelope : outbox_) deliver_one(envelope);
    outbox_.clear();
    return;
  }
  auto kept = outbox_.begin();
  for (Envelope& envelope : outbox_) {
    if (envelope.needs != Durability::fsync) {
      deliver_one(envelope);
    } else if (&*kept != &envelope) {
      *kept++ = std::move(envelope);
    } else {
      ++kept;
    }
  }
  outbox_.erase(kept, outbox_.end());
}

// Nothing built on a failed change may leave the node: it is rebuilt from what the disk holds.
void Driver::store_failed(Time now, StoreStatus status) {
  ++counters_.store_failures;
  outbox_.clear();
  events_.clear();
  if (node_) {
    log_error("the store failed (" + std::string(describe(status)) + ": " +
              store_->status_detail() + "); rebuilding the node");
    config_ = node_->config();
    node_.reset();
    store_.reset();
    delivery_.requests_lost();
  }
  // A disk that fails again soon after (full, say) is left alone for longer.
  const bool soon = now.steady - opened_at_ < kSettled;
  backoff_ = soon ? std::clamp(backoff_ * 2, kFirstBackoff, kLastBackoff) : kFirstBackoff;
  retry_at_ = now.steady + backoff_;
}

SteadyTime Driver::next_wakeup() const { return node_ ? node_->next_wakeup() : retry_at_; }

}  // namespace holdfast::node
