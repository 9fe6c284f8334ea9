// The node: the whole protocol, without I/O, clock or thread. Time is an argument, the network is
// data, the disk is the only interface.
//
// A driver (the daemon's event loop, the simulator) owns it and runs one loop:
//
//   drain the inbox, receive() each; tick() if next_wakeup() has come;
//   store.commit(); if that fails: drop the outbox, destroy node and store, open them again;
//   take_outbox(); if any message needs fsync and store.unsynced(): store.sync(), same rule;
//   send the messages.
//
// So nothing is acknowledged before it is as durable as the configuration promises, and a larger
// inbox is a larger group commit. Destroying a Node at any point is a crash.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "node/core/config.h"
#include "node/core/event.h"
#include "node/core/message.h"
#include "node/storage/store.h"

namespace holdfast::node {

struct Identity {
  NodeId self = 0;
  std::uint16_t members = 1;      // nodes 0 .. members - 1
  std::uint32_t incarnation = 1;  // of this start: higher than any before it, on any disk
  bool store_created = false;     // OpenReport::created or lost_corrupt_file of this start
  bool store_lost = false;        // OpenReport::lost_corrupt_file
  std::uint64_t seed = 0;         // of the node's own random choices
};

class Node {
 public:
  // REQUIRES: validate(config, members) is ok (settings.h). `store` must outlive the node.
  Node(const Identity& identity, const Config& config, Store& store, Time now);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // Takes a message from a peer or a client. Malformed peer messages are ignored.
  void receive(Time now, Envelope envelope);
  // Acts on every deadline that has passed. Call it when next_wakeup() comes, and after wall time
  // has jumped.
  void tick(Time now);
  // When tick() is needed next. Constant time.
  SteadyTime next_wakeup() const;

  // From now on clients' requests are refused: the process is about to end, once those under way
  // have ended.
  void begin_end();
  std::size_t requests_in_flight() const;

  // Moves the messages to send to the end of `to`, in order.
  void take_outbox(std::vector<Envelope>& to);
  // Moves the events since the last call to the end of `to`.
  void take_events(std::vector<Event>& to);

  const Config& config() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace holdfast::node
