#include "harness/sim/sim_node.h"

#include <algorithm>
#include <utility>

#include "node/base/check.h"

namespace holdfast::harness {
namespace {

constexpr SimTime kNoWakeup = INT64_MAX;
constexpr Duration kFirstPauseBeforeOpen = std::chrono::milliseconds(10);
constexpr Duration kLongestPauseBeforeOpen = std::chrono::seconds(1);
// A paused process takes nothing: its peers drop the connection after a second, and the kernel's
// buffers for it are finite.
constexpr SimTime kPeersDropSilentAfter = 1'000'000'000;
constexpr std::size_t kPausedInboxMax = 4096;

bool needs_fsync(const node::Envelope& envelope) {
  return envelope.needs == node::Durability::fsync;
}

}  // namespace

SimNode::SimNode(const NodeOptions& options, Simulation& simulation, Transport& transport)
    : options_(options),
      simulation_(simulation),
      transport_(transport),
      disk_(options.seed, options.self, options.disk),
      pause_before_open_(kFirstPauseBeforeOpen) {
  Random random(derive_seed(options.seed, "boot", options.self));
  clock_.boot(simulation.now, std::chrono::seconds(random.between(60, 1'000'000)));
}

SimNode::~SimNode() { close(); }

// ---- The process ------------------------------------------------------------------------------

Result<> SimNode::start() {
  CHECK(state_ == State::stopped);
  if (rebooted_) {
    Random random(derive_seed(options_.seed, "boot", options_.self, incarnation_));
    clock_.boot(simulation_.now, std::chrono::seconds(random.between(5, 30)));
    rebooted_ = false;
  }
  pause_before_open_ = kFirstPauseBeforeOpen;
  return open();
}

Result<> SimNode::open() {
  disk_.attach();
  ++incarnation_;
  node::OpenReport report;
  Result<std::unique_ptr<node::Store>> store = node::Store::open(disk_, incarnation_, report);
  if (!store) {
    break_down();
    return std::move(store).error();
  }
  store_ = std::move(*store);
  const bool empty = report.created || report.lost_corrupt_file;
  const node::Identity identity{options_.self,
                                options_.members,
                                incarnation_,
                                empty,
                                report.lost_corrupt_file,
                                derive_seed(options_.seed, "node", options_.self, incarnation_)};
  node_ = std::make_unique<node::Node>(identity, options_.config, *store_, time());
  state_ = State::running;
  opened_at_ = simulation_.now;
  free_at_ = simulation_.now;
  wakeup_at_ = kNoWakeup;
  transport_.connect(options_.self);
  simulation_.trace.note(simulation_.now, options_.self,
                         report.lost_corrupt_file ? "store lost"
                         : report.created         ? "created"
                                                  : "started");
  finish_step(0);
  return {};
}

void SimNode::close() {
  if (node_) node_->take_events(events_);
  disk_.detach();
  node_.reset();
  store_.reset();
  inbox_.clear();
  outbox_.clear();
  service_end_scheduled_ = false;
  syncing_ = false;
  sync_has_ended_ = false;
  reopen_is_due_ = false;
  wall_jumped_ = false;
}

void SimNode::stop() {
  close();
  end_by_ = 0;
  starts_again_ = false;
  state_ = State::stopped;
  paused_ = false;
  transport_.disconnect(options_.self);
}

void SimNode::break_down() {
  simulation_.trace.note(simulation_.now, options_.self, "store failed");
  const bool lived = node_ && simulation_.now - opened_at_ >= to_sim(kLongestPauseBeforeOpen);
  if (lived) pause_before_open_ = kFirstPauseBeforeOpen;
  close();
  state_ = State::broken;
  transport_.disconnect(options_.self);
  schedule(SimEventKind::reopen, simulation_.now + to_sim(pause_before_open_));
  pause_before_open_ = std::min(pause_before_open_ * 2, kLongestPauseBeforeOpen);
}

void SimNode::on_reopen(const SimEvent& event) {
  if (event.number != transport_.life(options_.self) || state_ != State::broken) return;
  if (paused_) {
    reopen_is_due_ = true;
  } else {
    (void)open();  // if it fails, it has scheduled the next attempt
  }
}

void SimNode::kill() {
  if (!is_running()) return;
  simulation_.trace.note(simulation_.now, options_.self, "killed");
  stop();
}

void SimNode::begin_end() {
  if (!is_running() || end_by_ != 0) return;
  simulation_.trace.note(simulation_.now, options_.self, "asked to end");
  resume();  // a frozen process hears nothing
  if (state_ != State::running) return stop();
  constexpr Duration kMost = std::chrono::seconds(20);
  node_->begin_end();
  end_by_ = simulation_.now + to_sim(std::min(5 * options_.config.request_timeout, kMost));
  schedule(SimEventKind::end_check, simulation_.now);
}

void SimNode::start_when_ended() { starts_again_ = end_by_ != 0; }

void SimNode::on_end_check(const SimEvent& event) {
  constexpr SimTime kPause = 1'000'000;
  if (event.number != transport_.life(options_.self) || end_by_ == 0) return;
  const bool over = simulation_.now >= end_by_;
  const bool busy = state_ != State::running || paused_ || syncing_ || !inbox_.empty() ||
                    !outbox_.empty() || node_->requests_in_flight() > 0;
  if (busy && !over) return schedule(SimEventKind::end_check, simulation_.now + kPause);
  if (state_ == State::running) (void)store_->sync();
  simulation_.trace.note(simulation_.now, options_.self, "ended");
  const bool again = starts_again_;
  stop();
  if (again) (void)start();
}

void SimNode::lose_power(std::uint64_t at_call) {
  if (!is_running()) return;
  simulation_.trace.note(simulation_.now, options_.self, "loses power");
  if (at_call != 0 && state_ == State::running && !paused_ && !syncing_) {
    transport_.take_under_way(options_.self, inbox_);
    disk_.lose_power_at_call(at_call);
    for (node::Envelope& message : inbox_) node_->receive(time(), std::move(message));
    node_->tick(time());
    (void)store_->commit();  // nothing that follows from it leaves the node
  }
  if (!disk_.lost_power()) disk_.lose_power();
  rebooted_ = true;
  ++power_losses_;
  stop();
}

void SimNode::wipe() {
  kill();
  disk_.detach();
  disk_.wipe();
  simulation_.trace.note(simulation_.now, options_.self, "wiped");
}

void SimNode::pause() {
  if (!is_running() || paused_) return;
  simulation_.trace.note(simulation_.now, options_.self, "paused");
  paused_ = true;
  paused_at_ = simulation_.now;
}

void SimNode::resume() {
  if (!paused_) return;
  simulation_.trace.note(simulation_.now, options_.self, "resumed");
  paused_ = false;
  if (state_ == State::broken) {
    if (std::exchange(reopen_is_due_, false)) (void)open();
  } else if (std::exchange(sync_has_ended_, false)) {
    end_sync();
  } else if (!syncing_) {
    step();
  }
}

void SimNode::set_clock(Duration offset, std::int32_t drift_ppm) {
  clock_.set_wall(simulation_.now, offset, drift_ppm);
  if (state_ != State::running) return;
  wall_jumped_ = true;
  if (can_step()) {
    step();
  } else if (!paused_ && !syncing_) {
    schedule_service_end();
  }
}

std::vector<node::Event> SimNode::take_events() {
  if (node_) node_->take_events(events_);
  return std::exchange(events_, {});
}

// ---- The loop ---------------------------------------------------------------------------------

bool SimNode::can_step() const {
  return state_ == State::running && !paused_ && !syncing_ && simulation_.now >= free_at_;
}

void SimNode::on_messages(std::vector<node::Envelope>& messages) {
  if (state_ == State::running) {
    if (can_step() && inbox_.empty()) {
      for (node::Envelope& message : messages) node_->receive(time(), std::move(message));
      finish_step(messages.size());
    } else {
      for (node::Envelope& message : messages) wait_for(std::move(message));
    }
  }
  messages.clear();
}

// Puts a message into the inbox of a node that is busy or paused.
void SimNode::wait_for(node::Envelope message) {
  if (paused_) {
    const bool peer_gave_up =
        !message.from.is_client() && simulation_.now - paused_at_ > kPeersDropSilentAfter;
    if (peer_gave_up || inbox_.size() >= kPausedInboxMax) return;
  }
  if (inbox_.empty()) waiting_since_ = simulation_.now;
  inbox_.push_back(std::move(message));
  if (!paused_ && !syncing_) schedule_service_end();
}

void SimNode::step() {
  batch_.swap(inbox_);
  const std::size_t received = batch_.size();
  // The bug of a driver that reads the clock once for all messages of a turn.
  const bool once = node_->config().has(node::Bug::clock_read_once_a_turn);
  const Time now = batch_.empty() || !once ? time() : clock_.read(waiting_since_);
  for (node::Envelope& message : batch_) node_->receive(now, std::move(message));
  batch_.clear();
  finish_step(received);
}

void SimNode::finish_step(std::size_t received) {
  if (!tick_and_commit()) return;
  node_->take_outbox(outbox_);
  free_at_ = simulation_.now + to_sim(options_.service_time) * static_cast<SimTime>(received);
  // Syncs that SQLite made for itself took their time before the commit ended.
  Duration wait = disk_.take_sync_time() + stall_;
  if (wait.count() == 0) send_outbox(!store_->unsynced());
  const bool needs_sync =
      store_->unsynced() && std::any_of(outbox_.begin(), outbox_.end(), needs_fsync);
  if (needs_sync) wait += disk_.sync_duration();
  if (wait.count() > 0) {
    begin_sync(wait, needs_sync);
  } else {
    schedule_wakeup();
  }
}

bool SimNode::tick_and_commit() {
  const Time now = time();
  if (wall_jumped_ || node_->next_wakeup() <= now.steady) node_->tick(now);
  wall_jumped_ = false;
  const node::StoreStatus status = store_->commit();
  if (status == node::StoreStatus::ok) return true;
  break_down();
  return false;
}

void SimNode::begin_sync(Duration span, bool of_log) {
  syncing_ = true;
  syncs_log_ = of_log;
  schedule(SimEventKind::sync_end, simulation_.now + to_sim(span));
}

void SimNode::on_sync_end(const SimEvent& event) {
  if (event.number != transport_.life(options_.self)) return;
  if (paused_) {
    sync_has_ended_ = true;
  } else {
    end_sync();
  }
}

void SimNode::end_sync() {
  syncing_ = false;
  if (syncs_log_ && store_->sync() != node::StoreStatus::ok) return break_down();
  disk_.take_sync_time();  // has passed
  send_outbox(true);
  go_on();
}

// Sends, in order, what need not wait for a sync, or all if all is `durable`.
void SimNode::send_outbox(bool durable) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < outbox_.size(); ++i) {
    if (durable || !needs_fsync(outbox_[i])) {
      transport_.send(std::move(outbox_[i]));
    } else if (kept++ != i) {
      outbox_[kept - 1] = std::move(outbox_[i]);
    }
  }
  outbox_.resize(kept);
}

// Takes what has waited, or sees to it that it will be taken.
void SimNode::go_on() {
  const bool due = wall_jumped_ || node_->next_wakeup() <= time().steady;
  if ((due || !inbox_.empty()) && can_step()) return step();
  if (due || !inbox_.empty()) schedule_service_end();
  schedule_wakeup();
}

void SimNode::on_service_end(const SimEvent& event) {
  if (event.number != transport_.life(options_.self)) return;
  service_end_scheduled_ = false;
  if (can_step()) go_on();
}

void SimNode::on_wakeup(const SimEvent& event) {
  // An event that was scheduled before an earlier one took its place says nothing.
  if (event.number != transport_.life(options_.self) || simulation_.now != wakeup_at_) return;
  wakeup_at_ = kNoWakeup;
  if (can_step()) {
    go_on();
  } else if (!paused_ && !syncing_) {
    schedule_wakeup();
  }
}

void SimNode::schedule(SimEventKind kind, SimTime at) {
  simulation_.queue.push(at, {kind, options_.self, 0, transport_.life(options_.self)});
}

void SimNode::schedule_service_end() {
  if (service_end_scheduled_) return;
  service_end_scheduled_ = true;
  schedule(SimEventKind::service_end, free_at_);
}

// An event that comes too early is cheaper than one moved for each step: only an earlier deadline
// gets a new event.
void SimNode::schedule_wakeup() {
  const SteadyTime next = node_->next_wakeup();
  if (next == kNever) return;
  const SimTime earliest = std::max(simulation_.now + 1000, free_at_);
  const SimTime at = std::max(clock_.when(next), earliest);
  if (at >= wakeup_at_) return;
  wakeup_at_ = at;
  schedule(SimEventKind::wakeup, at);
}

}  // namespace holdfast::harness
