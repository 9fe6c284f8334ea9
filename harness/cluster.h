// What a test may do to a cluster, simulated or real. Workloads, nemeses and checkers are written
// once, against this.
//
// Everything is event-driven: a call starts something, its callback runs later from inside run(),
// never from inside the call. So the same code runs in virtual time. Single-threaded.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "nemesis/faults.h"
#include "node/base/ids.h"
#include "node/base/result.h"
#include "node/base/time.h"
#include "node/core/config.h"
#include "node/core/event.h"
#include "node/core/message.h"

namespace holdfast::harness {

class Cluster {
 public:
  virtual ~Cluster() = default;

  virtual std::uint16_t size() const = 0;  // nodes 0 .. size - 1
  virtual const node::Config& config() const = 0;

  // Reaches what the nodes will run on: from then on faults().supports() is exact. start() does it
  // if nobody did before.
  virtual Result<> reach() { return {}; }
  // Starts all nodes, and returns once all answer (in virtual or real time).
  virtual Result<> start() = 0;

  // The clock of the history: nanoseconds since start() returned, never going back. Time that was
  // skipped with pass_time() is included.
  virtual std::int64_t now_ns() const = 0;
  // Runs `action` once, after `delay` of that clock.
  virtual void after(Duration delay, std::function<void()> action) = 0;
  // Runs events until `done` returns true (asked after every event). Returns early, with false,
  // if interrupt() was called.
  virtual bool run(const std::function<bool()>& done) = 0;
  // Makes run() return soon. The only call that is safe in a signal handler.
  virtual void interrupt() = 0;
  // Lets `span` pass for clocks. The simulator just runs; on real processes the wall clocks jump,
  // where that is supported (can_pass_time), with no operation in flight.
  virtual bool can_pass_time() const = 0;
  virtual void pass_time(Duration span, std::function<void()> done) = 0;

  // Sends a client's request to a node. `done` gets the reply, or one with error `refused` (the
  // node is down: nothing was sent), `connection_lost` or `timeout` (after `timeout`, counted from
  // now on the history's clock).
  virtual void request(NodeId node, node::ClientRead request, Duration timeout,
                       std::function<void(node::ClientReply)> done) = 0;
  virtual void request(NodeId node, node::ClientWrite request, Duration timeout,
                       std::function<void(node::ClientReply)> done) = 0;

  // Operators' requests. The error says why the node did not answer.
  template <class Reply>
  using Done = std::function<void(Result<Reply>)>;
  virtual void status(NodeId node, Done<node::StatusReply> done) = 0;
  virtual void control(NodeId node, node::ControlRequest request,
                       Done<node::ControlReply> done) = 0;
  virtual void dump(NodeId node, node::DumpRequest request, Done<node::DumpReply> done) = 0;
  virtual void list_hints(NodeId node, node::HintListRequest request,
                          Done<node::HintListReply> done) = 0;

  virtual nemesis::Faults& faults() = 0;
  // Where a node's clock stands relative to the true one now.
  virtual Duration clock_offset(NodeId node) const = 0;
  // At most how far the clocks of two nodes are apart that no fault set wrong, measured now. None
  // where they share one.
  virtual Duration clock_difference() { return Duration(0); }

  // Events of a node since the last call, over all its incarnations.
  virtual std::vector<node::Event> take_events(NodeId node) = 0;

  // A machine that one node lives on, where that is not this one.
  struct HostRecord {
    std::string host;  // as ssh is told
    std::string address;
    Duration clock_offset{0};  // how far its clock was from this machine's when it was reached
    Duration clock_uncertainty{0};
  };
  // What the implementation knows of itself for run.json and results.json.
  struct Statistics {
    std::uint64_t events = 0;      // simulator: events executed
    std::uint64_t trace_hash = 0;  // simulator: 0 elsewhere
    std::uint64_t messages = 0;
    // What no fault explains, in words: a node whose process ended by itself. Each is a finding.
    std::vector<std::string> incidents;
    // What the harness could not do, in words: a fault that did not come or did not go, a host that
    // was lost. With one of them nothing that was observed is a verdict on the cluster.
    std::vector<std::string> failures;
    std::vector<HostRecord> hosts;  // by node; empty: this machine. Known once reached
  };
  virtual Statistics statistics() const = 0;
  // Stops every node and removes what was made. Idempotent; the destructor calls it.
  virtual void stop() = 0;
};

}  // namespace holdfast::harness
