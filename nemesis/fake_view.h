// A cluster that only remembers what was done to it, for tests: time passes in run_until().
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "nemesis/cluster_view.h"

namespace holdfast::nemesis {

class FakeView : public ClusterView, public Faults {
 public:
  explicit FakeView(std::uint16_t size) : size_(size) {}

  std::uint16_t size() const override { return size_; }
  std::int64_t now_ns() const override { return now_us_ * 1000; }
  void after(Duration delay, std::function<void()> action) override {
    events_.emplace(std::pair(now_us_ + to_us(delay), next_++), std::move(action));
  }
  Faults& faults() override { return *this; }
  std::vector<NodeId> home_replicas(std::string_view) const override { return {2, 0, 1}; }
  NodeId coordinator() const override { return coordinator_; }
  void held_hints(std::function<void(std::vector<HeldHints>)> done) override {
    after(std::chrono::milliseconds(1), [this, done = std::move(done)] { done(held); });
  }

  void is_drained(std::function<void(bool)> done) override {
    after(std::chrono::milliseconds(1), [this, done = std::move(done)] { done(drained); });
  }
  void is_converged(std::function<void(bool)> done) override {
    after(std::chrono::milliseconds(1), [this, done = std::move(done)] { done(converged); });
  }
  void operate(NodeId node, const OperatorAction& action) override {
    static constexpr const char* kWhat[] = {"pause_delivering",
                                            "resume_delivering",
                                            "pause_accepting",
                                            "resume_accepting",
                                            "drop_hints",
                                            "start_anti_entropy",
                                            "set",
                                            "reset"};
    const std::string to =
        action.destination == kNoNode ? "" : " to " + node_name(action.destination);
    note(std::string(kWhat[static_cast<std::size_t>(action.what)]) + " " + node_name(node) + to +
         (action.name.empty() ? "" : " " + action.name + "=" + action.value));
  }

  bool supports(FaultKind kind) const override { return !missing.contains(kind); }
  std::string why_unsupported(FaultKind) const override { return why_missing; }
  bool is_running(NodeId node) const override { return !down.contains(node); }
  bool is_paused(NodeId node) const override { return paused.contains(node); }
  void kill(NodeId node) override { die(node, "kill"); }
  void power_loss(NodeId node) override { die(node, "power_loss"); }
  void wipe(NodeId node) override { die(node, "wipe"); }
  void stop(NodeId node) override { die(node, "stop"); }
  void restart(NodeId node) override {
    if (down.erase(node) > 0) note("restart " + node_name(node));
  }
  void pause(NodeId node) override {
    paused.insert(node);
    note("pause " + node_name(node));
  }
  void resume(NodeId node) override {
    paused.erase(node);
    note("resume " + node_name(node));
  }
  void cut(const std::vector<Direction>& directions) override {
    cuts.insert(directions.begin(), directions.end());
  }
  void mend(const std::vector<Direction>& directions) override {
    for (const Direction& direction : directions) cuts.erase(direction);
  }
  void set_link(NodeId from, NodeId to, const LinkQuality& quality) override {
    links[{from, to}] = quality;
  }
  void set_disk(NodeId node, DiskFault fault) override { disks[node] = fault; }
  void set_clock(NodeId node, Duration offset, std::int32_t) override { clocks[node] = offset; }
  void set_slow(NodeId node, Duration stall) override { stalls[node] = stall; }

  void set_coordinator(NodeId node) { coordinator_ = node; }
  void run_until(Duration time) {
    while (!events_.empty() && events_.begin()->first.first <= to_us(time)) {
      auto first = events_.extract(events_.begin());
      now_us_ = first.key().first;
      first.mapped()();
    }
    now_us_ = to_us(time);
  }

  std::vector<HeldHints> held;
  bool drained = false;
  bool converged = false;
  std::set<FaultKind> missing;
  std::string why_missing;
  std::set<NodeId> down;
  std::set<NodeId> paused;
  std::set<std::pair<NodeId, NodeId>> cuts;
  std::map<std::pair<NodeId, NodeId>, LinkQuality> links;
  std::map<NodeId, DiskFault> disks;
  std::map<NodeId, Duration> clocks;
  std::map<NodeId, Duration> stalls;
  std::vector<std::string> log;  // "1000ms kill n1"

 private:
  void die(NodeId node, const std::string& how) {
    down.insert(node);
    note(how + " " + node_name(node));
  }
  void note(const std::string& what) {
    log.push_back(std::to_string(now_us_ / 1000) + "ms " + what);
  }

  std::uint16_t size_;
  std::int64_t now_us_ = 0;
  std::uint64_t next_ = 0;
  NodeId coordinator_ = kNoNode;
  std::map<std::pair<std::int64_t, std::uint64_t>, std::function<void()>> events_;
};

}  // namespace holdfast::nemesis
