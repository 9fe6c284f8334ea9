// One simulated node: its disk and clock, which outlive its process, and the process: store, node,
// inbox and the driver's loop (node/core/node.h).
//
// A step takes all messages that wait, ticks if that is due, commits and sends. A step takes a few
// microseconds for each message, and a sync takes milliseconds; what arrives meanwhile waits for
// the next step, and so commits in groups. Messages that need no sync do not wait for one. When a
// commit or a sync fails, the outbox is dropped and store and node are opened anew, at once or
// after a growing pause while that fails too.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "harness/sim/node_clock.h"
#include "harness/sim/sim_disk.h"
#include "harness/sim/simulation.h"
#include "harness/sim/transport.h"
#include "node/core/node.h"
#include "node/storage/store.h"

namespace holdfast::harness {

struct NodeOptions {
  NodeId self = 0;
  std::uint16_t members = 1;
  node::Config config;
  std::uint64_t seed = 0;
  DiskOptions disk;
  Duration service_time{5};  // of one message
};

class SimNode {
 public:
  SimNode(const NodeOptions& options, Simulation& simulation, Transport& transport);
  ~SimNode();

  // The process. It exists from start() until it is killed; while its store cannot be opened it
  // exists and listens to nobody.
  bool is_running() const { return state_ != State::stopped; }
  bool is_paused() const { return paused_; }
  Result<> start();  // REQUIRES: !is_running(). An error: the store cannot be opened yet.
  void kill();
  // Asks it to end: it takes no more requests, ends those under way, syncs, and is gone.
  void begin_end();
  void start_when_ended();  // no effect on one that was not asked to end
  // With `at_call` != 0 the node first takes what is under way to it, and the power goes at that
  // call of the disk (or at the end of the step, if it makes fewer). Nothing is sent any more.
  void lose_power(std::uint64_t at_call);
  void wipe();
  void pause();
  void resume();

  SimDisk& disk() { return disk_; }
  const NodeClock& clock() const { return clock_; }
  std::uint64_t power_losses() const { return power_losses_; }
  void set_clock(Duration offset, std::int32_t drift_ppm);
  // From now on each step takes this much longer before anything it sends leaves.
  void set_stall(Duration stall) { stall_ = stall; }
  // Events of all incarnations since the last call.
  std::vector<node::Event> take_events();

  // Events of the simulation, for this node.
  void on_messages(std::vector<node::Envelope>& messages);  // leaves it empty
  void on_wakeup(const SimEvent& event);
  void on_service_end(const SimEvent& event);
  void on_sync_end(const SimEvent& event);
  void on_reopen(const SimEvent& event);
  void on_end_check(const SimEvent& event);

 private:
  enum class State : std::uint8_t { stopped, broken, running };

  Time time() const { return clock_.read(simulation_.now); }
  bool can_step() const;
  void step();
  // Ends a step in which `received` messages were taken.
  void finish_step(std::size_t received);
  bool tick_and_commit();  // false: the process is gone, or broken
  void begin_sync(Duration span, bool of_log);
  void end_sync();
  void send_outbox(bool durable);
  void go_on();
  void schedule(SimEventKind kind, SimTime at);
  void schedule_service_end();
  void schedule_wakeup();
  Result<> open();
  void close();       // destroys node and store; nothing of it reaches the disk
  void stop();        // the process is gone
  void break_down();  // the store failed: close, and open again later
  void wait_for(node::Envelope message);

  const NodeOptions options_;
  Simulation& simulation_;
  Transport& transport_;
  SimDisk disk_;
  NodeClock clock_;
  std::uint32_t incarnation_ = 0;
  std::uint64_t power_losses_ = 0;
  bool rebooted_ = false;
  std::vector<node::Event> events_;  // of nodes that are gone

  State state_ = State::stopped;
  bool paused_ = false;
  SimTime paused_at_ = 0;
  SimTime opened_at_ = 0;
  Duration pause_before_open_;  // grows while opening keeps failing
  std::unique_ptr<node::Store> store_;
  std::unique_ptr<node::Node> node_;
  std::vector<node::Envelope> inbox_;
  std::vector<node::Envelope> batch_;
  std::vector<node::Envelope> outbox_;
  SimTime waiting_since_ = 0;  // when the first message of a busy node's inbox arrived
  Duration stall_{0};
  SimTime free_at_ = 0;  // the end of the last step's service time
  bool service_end_scheduled_ = false;
  bool syncing_ = false;         // the outbox waits for a sync_end event
  bool syncs_log_ = false;       // and that for the store's log
  bool sync_has_ended_ = false;  // while the node was paused
  bool reopen_is_due_ = false;   // while it was paused
  bool wall_jumped_ = false;
  SimTime end_by_ = 0;         // asked to end; by then at most. 0: it was not
  bool starts_again_ = false;  // once it has ended
  SimTime wakeup_at_ = 0;      // of the wakeup event that counts
};

}  // namespace holdfast::harness
