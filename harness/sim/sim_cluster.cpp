#include "harness/sim/sim_cluster.h"

#include <memory>
#include <utility>

#include "node/base/check.h"
#include "node/core/settings.h"

namespace holdfast::harness {
namespace {

constexpr Duration kStartPoll = std::chrono::milliseconds(50);
constexpr int kStartPolls = 1200;  // a minute

// A node is ready once it may coordinate and has heard from all others.
bool is_ready(const node::StatusReply& status) {
  bool ready = status.ready;
  for (const node::PeerStatus& peer : status.peers) ready = ready && peer.up;
  return ready;
}

}  // namespace

SimCluster::SimCluster(const SimOptions& options)
    : options_(options),
      clients_(simulation_),
      transport_(options.seed, options.nodes, options.network, simulation_, clients_),
      faults_(options.seed, nodes_, transport_) {
  for (NodeId id = 0; id < options.nodes; ++id) {
    const NodeOptions node{id,           options.nodes, options.config,
                           options.seed, options.disk,  options.service_time};
    nodes_.push_back(std::make_unique<SimNode>(node, simulation_, transport_));
  }
}

SimCluster::~SimCluster() { stop(); }

void SimCluster::stop() {
  for (const auto& node : nodes_) node->kill();
}

// ---- Time -------------------------------------------------------------------------------------

Result<> SimCluster::start() {
  if (Result<> valid = node::validate(options_.config, options_.nodes); !valid) return valid;
  for (NodeId id = 0; id < options_.nodes; ++id) {
    Result<> started = nodes_[id]->start();
    if (!started) return fail(node_name(id) + " cannot start: " + started.error().message);
  }
  if (Result<> awaited = await_all(); !awaited) return awaited;
  started_at_ = simulation_.now;
  return {};
}

Result<> SimCluster::await_all() {
  struct Poll {
    std::uint16_t ready = 0;
    bool passed = false;
  };
  for (int i = 0; i < kStartPolls; ++i) {
    const auto poll = std::make_shared<Poll>();  // a reply may come when nobody waits any more
    for (NodeId id = 0; id < options_.nodes; ++id) {
      status(id, [poll](const Result<node::StatusReply>& reply) {
        if (reply && is_ready(*reply)) ++poll->ready;
      });
    }
    after(kStartPoll, [poll] { poll->passed = true; });
    if (!run([&poll] { return poll->passed; }))
      return fail("interrupted while the cluster started");
    if (poll->ready == options_.nodes) return {};
  }
  return fail("the nodes did not see each other within a minute of simulated time");
}

void SimCluster::after(Duration delay, std::function<void()> action) {
  CHECK(delay.count() >= 0);
  const std::uint32_t slot = timers_.add(std::move(action));
  simulation_.queue.push(simulation_.now + to_sim(delay),
                         {.kind = SimEventKind::timer, .slot = slot});
}

void SimCluster::pass_time(Duration span, std::function<void()> done) {
  after(span, std::move(done));
}

bool SimCluster::run(const std::function<bool()>& done) {
  while (!done()) {
    if (interrupted_.load(std::memory_order_relaxed)) {
      interrupted_.store(false, std::memory_order_relaxed);
      return false;
    }
    execute_next();
  }
  return true;
}

void SimCluster::execute_next() {
  CHECK(!simulation_.queue.empty());  // whoever waits would wait for ever
  simulation_.now = simulation_.queue.next_time();
  const SimEvent event = simulation_.queue.pop();
  simulation_.trace.event(simulation_.now, event);
  switch (event.kind) {
    case SimEventKind::message:
      transport_.on_message(event, arrived_);
      return nodes_[event.node]->on_messages(arrived_);
    case SimEventKind::segment:
      transport_.on_segment(event, arrived_);
      return nodes_[event.node]->on_messages(arrived_);
    case SimEventKind::reply:
      return transport_.on_reply(event);
    case SimEventKind::wakeup:
      return nodes_[event.node]->on_wakeup(event);
    case SimEventKind::service_end:
      return nodes_[event.node]->on_service_end(event);
    case SimEventKind::sync_end:
      return nodes_[event.node]->on_sync_end(event);
    case SimEventKind::reopen:
      return nodes_[event.node]->on_reopen(event);
    case SimEventKind::end_check:
      return nodes_[event.node]->on_end_check(event);
    case SimEventKind::request_failed:
      return clients_.on_failed(event.number, static_cast<ErrorCode>(event.slot));
    case SimEventKind::request_timeout:
      return clients_.on_timeout();
    case SimEventKind::timer: {
      const std::function<void()> action = std::exchange(timers_[event.slot], nullptr);
      timers_.release(event.slot);
      return action();
    }
  }
}

// ---- Requests ---------------------------------------------------------------------------------

void SimCluster::send(NodeId node, node::Message message, Duration timeout, Clients::Done done) {
  CHECK(node < options_.nodes);
  const std::uint64_t number =
      clients_.open(node, simulation_.now + to_sim(timeout), std::move(done));
  transport_.request(node, number, std::move(message));
}

void SimCluster::request(NodeId node, node::ClientRead request, Duration timeout,
                         std::function<void(node::ClientReply)> done) {
  send(node, std::move(request), timeout, std::move(done));
}
void SimCluster::request(NodeId node, node::ClientWrite request, Duration timeout,
                         std::function<void(node::ClientReply)> done) {
  send(node, std::move(request), timeout, std::move(done));
}
void SimCluster::status(NodeId node, Done<node::StatusReply> done) {
  send(node, node::StatusRequest{}, options_.operator_timeout, std::move(done));
}
void SimCluster::control(NodeId node, node::ControlRequest request, Done<node::ControlReply> done) {
  send(node, std::move(request), options_.operator_timeout, std::move(done));
}
void SimCluster::dump(NodeId node, node::DumpRequest request, Done<node::DumpReply> done) {
  send(node, std::move(request), options_.operator_timeout, std::move(done));
}
void SimCluster::list_hints(NodeId node, node::HintListRequest request,
                            Done<node::HintListReply> done) {
  send(node, std::move(request), options_.operator_timeout, std::move(done));
}

// ---- What is known of it ----------------------------------------------------------------------

Duration SimCluster::clock_offset(NodeId node) const {
  return nodes_[node]->clock().offset(simulation_.now);
}

std::vector<node::Event> SimCluster::take_events(NodeId node) {
  return nodes_[node]->take_events();
}

Cluster::Statistics SimCluster::statistics() const {
  return {simulation_.trace.events(), simulation_.trace.hash(), transport_.messages()};
}

std::unique_ptr<Cluster> make_sim_cluster(const SimOptions& options) {
  return std::make_unique<SimCluster>(options);
}

}  // namespace holdfast::harness
