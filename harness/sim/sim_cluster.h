// A cluster in one process and in virtual time: the real node code over a simulated network and
// simulated disks. One seed fixes everything that happens.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "harness/cluster.h"
#include "harness/sim/clients.h"
#include "harness/sim/network.h"
#include "harness/sim/sim_disk.h"
#include "harness/sim/sim_faults.h"
#include "harness/sim/sim_node.h"
#include "harness/sim/simulation.h"
#include "harness/sim/transport.h"

namespace holdfast::harness {

struct SimOptions {
  std::uint16_t nodes = 5;
  node::Config config;
  std::uint64_t seed = 1;
  NetworkOptions network;
  DiskOptions disk;
  Duration service_time{5};  // of one message at a node
  // After which status(), control(), dump() and list_hints() give up.
  Duration operator_timeout = std::chrono::seconds(5);
};

class SimCluster : public Cluster {
 public:
  explicit SimCluster(const SimOptions& options);
  ~SimCluster() override;

  // Called with a line of text for every event, from now on: slow, for looking at one run.
  void set_trace_sink(Trace::Sink sink) { simulation_.trace.set_sink(std::move(sink)); }
  // A power loss that strikes at the `call`-th call of the disk in the step that takes what is
  // under way to the node; for tests that try every place.
  void power_loss_at_call(NodeId node, std::uint64_t call) { nodes_[node]->lose_power(call); }

  std::uint16_t size() const override { return options_.nodes; }
  const node::Config& config() const override { return options_.config; }
  Result<> start() override;
  std::int64_t now_ns() const override { return simulation_.now - started_at_; }
  void after(Duration delay, std::function<void()> action) override;
  bool run(const std::function<bool()>& done) override;
  void interrupt() override { interrupted_.store(true, std::memory_order_relaxed); }
  bool can_pass_time() const override { return true; }
  void pass_time(Duration span, std::function<void()> done) override;

  void request(NodeId node, node::ClientRead request, Duration timeout,
               std::function<void(node::ClientReply)> done) override;
  void request(NodeId node, node::ClientWrite request, Duration timeout,
               std::function<void(node::ClientReply)> done) override;
  void status(NodeId node, Done<node::StatusReply> done) override;
  void control(NodeId node, node::ControlRequest request, Done<node::ControlReply> done) override;
  void dump(NodeId node, node::DumpRequest request, Done<node::DumpReply> done) override;
  void list_hints(NodeId node, node::HintListRequest request,
                  Done<node::HintListReply> done) override;

  nemesis::Faults& faults() override { return faults_; }
  Duration clock_offset(NodeId node) const override;
  std::vector<node::Event> take_events(NodeId node) override;
  Statistics statistics() const override;
  void stop() override;

 private:
  void execute_next();
  void send(NodeId node, node::Message message, Duration timeout, Clients::Done done);
  Result<> await_all();

  const SimOptions options_;
  Simulation simulation_;
  Clients clients_;
  Transport transport_;
  std::vector<std::unique_ptr<SimNode>> nodes_;
  SimFaults faults_;
  Slab<std::function<void()>> timers_;
  std::vector<node::Envelope> arrived_;
  SimTime started_at_ = 0;
  std::atomic<bool> interrupted_ = false;
};

std::unique_ptr<Cluster> make_sim_cluster(const SimOptions& options);

}  // namespace holdfast::harness
