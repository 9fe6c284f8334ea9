// The driver of a real node: owns the node and its store, and runs the loop of node/core/node.h.
// It knows nothing of sockets: a Delivery takes what leaves the node.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "node/base/result.h"
#include "node/core/node.h"
#include "node/daemon/event_log.h"
#include "node/storage/disk.h"
#include "node/storage/store.h"

namespace holdfast::node {

// Where messages go.
class Delivery {
 public:
  virtual ~Delivery() = default;
  virtual void to_peer(const Envelope& envelope) = 0;
  virtual void to_client(std::uint64_t number, Message&& reply) = 0;
  // What was delivered must leave now.
  virtual void flush() = 0;
  // The node was lost with all requests under way: whether they happened is unknown.
  virtual void requests_lost() = 0;
};

struct DriverCounters {
  std::uint64_t turns = 0;
  std::uint64_t syncs = 0;
  std::uint64_t sync_us = 0;
  std::uint64_t store_failures = 0;  // times the node was rebuilt, or that failed
  std::uint64_t events = 0;
};

class Driver {
 public:
  // `next_incarnation` gives a number above all before it, durably.
  using NextIncarnation = std::function<Result<std::uint32_t>(WallTime)>;
  Driver(Disk& disk, NodeId self, std::uint16_t members, const Config& config,
         NextIncarnation next_incarnation, EventLog events, Delivery& delivery);

  // Opens the store and makes the node. On failure nothing is made; try again.
  Result<> open(Time now);

  // Ends the node; what was committed becomes durable.
  void close();

  // Whether there is a node. If not, messages are dropped; turn() tries to open it again.
  bool is_open() const { return node_ != nullptr; }
  // `now`: read after the message arrived. A turn may last long on a busy machine, and a version as
  // old as the turn's beginning could be lower than one that its client has already seen.
  void receive(Time now, Envelope envelope);
  // Ends a batch: tick, commit, send what needs no sync, sync, send the rest.
  void turn(Time now);
  SteadyTime next_wakeup() const;
  // No more of clients' requests; those under way go on.
  void begin_end() {
    if (node_) node_->begin_end();
  }
  std::size_t requests_in_flight() const { return node_ ? node_->requests_in_flight() : 0; }
  // Whether something was received since the last turn.
  bool has_input() const { return has_input_; }

  const Config& config() const { return node_ ? node_->config() : config_; }
  std::uint32_t incarnation() const { return incarnation_; }
  const DriverCounters& counters() const { return counters_; }

 private:
  void deliver(bool needing_sync);
  void store_failed(Time now, StoreStatus status);

  Disk& disk_;
  NodeId self_;
  std::uint16_t members_;
  Config config_;  // of the next node to make
  NextIncarnation next_incarnation_;
  EventLog event_log_;
  Delivery& delivery_;

  std::uint32_t incarnation_ = 0;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Node> node_;  // uses the store: destroyed first
  bool has_input_ = false;
  SteadyTime retry_at_ = kNever;
  Duration backoff_{0};
  SteadyTime opened_at_;
  std::optional<Duration> wall_ahead_;  // of steady time, at the last turn

  std::vector<Envelope> outbox_;
  std::vector<Event> events_;
  DriverCounters counters_;
};

}  // namespace holdfast::node
