// A cluster small enough to be right by inspection, for tests of the harness: every write goes to
// all running owners at once, and waits at its coordinator for those that are down.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/cluster.h"
#include "node/base/check.h"
#include "node/core/ring.h"

namespace holdfast::harness {

class FakeCluster : public Cluster, public nemesis::Faults {
 public:
  FakeCluster(std::uint16_t size, const node::Config& config)
      : config_(config),
        ring_(size, config.n, config.virtual_nodes),
        rows_(size),
        hints_(size),
        ledgers_(size),
        counters_(size) {}

  // What it gets wrong on purpose.
  bool loses_hints = false;      // instead of delivering them
  bool repairs_nothing = false;  // by anti-entropy
  bool answers_nothing = false;  // requests time out

  std::uint16_t size() const override { return static_cast<std::uint16_t>(rows_.size()); }
  const node::Config& config() const override { return config_; }
  Result<> start() override { return {}; }
  std::int64_t now_ns() const override { return now_us_ * 1000; }
  void after(Duration delay, std::function<void()> action) override {
    events_.emplace(std::pair(now_us_ + to_us(delay), next_++), std::move(action));
  }
  bool run(const std::function<bool()>& done) override {
    while (!done()) {
      if (std::exchange(interrupted_, false)) return false;
      CHECK(!events_.empty());
      auto first = events_.extract(events_.begin());
      now_us_ = first.key().first;
      first.mapped()();
    }
    return true;
  }
  void interrupt() override { interrupted_ = true; }
  bool can_pass_time() const override { return passes_time; }
  void pass_time(Duration span, std::function<void()> done) override {
    after(span, std::move(done));
  }
  bool passes_time = true;

  void request(NodeId node, node::ClientRead request, Duration timeout,
               std::function<void(node::ClientReply)> done) override {
    answer(node, timeout, std::move(done), [this, key = request.key] {
      node::ClientReply reply;
      for (NodeId owner : ring_.home_replicas_of(key)) {
        const auto row = rows_[owner].find(key);
        if (down_.contains(owner) || row == rows_[owner].end()) continue;
        reply.acks.push_back({owner, node::Role::home, kNoNode});
        if (row->second.version <= reply.version) continue;
        reply.found = !row->second.deleted;
        reply.value = row->second.value;
        reply.version = row->second.version;
        reply.id = row->second.id;
      }
      return reply;
    });
  }
  void request(NodeId node, node::ClientWrite request, Duration timeout,
               std::function<void(node::ClientReply)> done) override {
    answer(node, timeout, std::move(done), [this, node, request] {
      node::Row row{
          {1'000'000 + now_us_, counter_++, node, 1}, request.id, request.deleted, request.value};
      node::ClientReply reply;
      reply.version = row.version;
      reply.id = row.id;
      for (NodeId owner : ring_.home_replicas_of(request.key)) {
        if (!down_.contains(owner)) {
          rows_[owner][request.key] = row;
          reply.acks.push_back({owner, node::Role::home, kNoNode});
        } else {
          hints_[node].push_back({owner, ++sequence_, request.key, row, Duration(0)});
          ++ledgers_[node].created;
          reply.acks.push_back({node, node::Role::hint, owner});
        }
      }
      return reply;
    });
  }
  void status(NodeId node, Done<node::StatusReply> done) override {
    later(node, std::move(done), [this, node] { return make_status(node); });
  }
  void control(NodeId node, node::ControlRequest request, Done<node::ControlReply> done) override {
    later(node, std::move(done), [this, node, request] {
      if (request.action == node::ControlAction::start_anti_entropy) compare(node);
      return node::ControlReply{};
    });
  }
  // Two rows a page, so that pages are turned.
  void dump(NodeId node, node::DumpRequest request, Done<node::DumpReply> done) override {
    later(node, std::move(done), [this, node, request] {
      node::DumpReply reply;
      for (auto row = rows_[node].upper_bound(request.after_key); row != rows_[node].end(); ++row) {
        reply.done = reply.rows.size() < 2;
        if (!reply.done) break;
        reply.rows.push_back({row->first, row->second});
        reply.after_key = row->first;
      }
      return reply;
    });
  }
  void list_hints(NodeId node, node::HintListRequest request,
                  Done<node::HintListReply> done) override {
    later(node, std::move(done), [this, node, request] {
      node::HintListReply reply;
      for (const node::Hint& hint : hints_[node]) {
        if (hint.destination == request.destination && hint.sequence >= request.from) {
          reply.hints.push_back(hint);
        }
      }
      return reply;
    });
  }

  nemesis::Faults& faults() override { return *this; }
  Duration clock_offset(NodeId) const override { return Duration(0); }
  std::vector<node::Event> take_events(NodeId) override { return {}; }
  Statistics statistics() const override { return {next_, 42, 0, incidents, failures}; }
  void stop() override { stopped = true; }
  std::vector<std::string> incidents;
  std::vector<std::string> failures;
  bool stopped = false;

  bool supports(nemesis::FaultKind kind) const override {
    return kind == nemesis::FaultKind::kill || kind == nemesis::FaultKind::restart ||
           kind == nemesis::FaultKind::wipe;
  }
  bool is_running(NodeId node) const override { return !down_.contains(node); }
  bool is_paused(NodeId) const override { return false; }
  void kill(NodeId node) override { down_.insert(node); }
  void stop(NodeId node) override { down_.insert(node); }
  void power_loss(NodeId) override { CHECK(false); }
  void restart(NodeId node) override {
    down_.erase(node);
    deliver();
  }
  void wipe(NodeId node) override {
    down_.insert(node);
    rows_[node].clear();
    hints_[node].clear();
    ledgers_[node] = {};
    ++stores_[node];
  }
  void pause(NodeId) override { CHECK(false); }
  void resume(NodeId) override { CHECK(false); }
  void cut(const std::vector<nemesis::Direction>&) override { CHECK(false); }
  void mend(const std::vector<nemesis::Direction>&) override { CHECK(false); }
  void set_link(NodeId, NodeId, const nemesis::LinkQuality&) override { CHECK(false); }
  void set_disk(NodeId, nemesis::DiskFault) override { CHECK(false); }
  void set_clock(NodeId, Duration, std::int32_t) override { CHECK(false); }
  void set_slow(NodeId, Duration) override { CHECK(false); }

 private:
  static constexpr Duration kLatency = std::chrono::milliseconds(1);

  void answer(NodeId node, Duration timeout, std::function<void(node::ClientReply)> done,
              std::function<node::ClientReply()> make) {
    node::ClientReply failure;
    failure.error = down_.contains(node) ? ErrorCode::refused : ErrorCode::timeout;
    const bool fails = answers_nothing || down_.contains(node);
    after(fails && !down_.contains(node) ? timeout : kLatency,
          [=] { done(fails ? failure : make()); });
  }
  template <class Reply, class Make>
  void later(NodeId node, Done<Reply> done, Make make) {
    after(kLatency, [this, node, done = std::move(done), make = std::move(make)] {
      if (down_.contains(node)) return done(fail(node_name(node) + " is down"));
      done(make());
    });
  }
  node::StatusReply make_status(NodeId node) {
    node::StatusReply status;
    status.node = node;
    status.store_incarnation = 1 + stores_[node];
    status.ledger = ledgers_[node];
    status.pending = hints_[node].size();
    status.rows = rows_[node].size();
    status.counters = counters_[node];
    std::map<NodeId, std::uint64_t> queues;
    for (const node::Hint& hint : hints_[node]) ++queues[hint.destination];
    for (const auto& [destination, count] : queues) {
      node::HintQueueStatus queue;
      queue.destination = destination;
      queue.count = count;
      status.queues.push_back(queue);
    }
    return status;
  }
  static void merge(std::map<std::string, node::Row>& rows, const std::string& key,
                    const node::Row& row, std::uint64_t& changed) {
    node::Row& mine = rows[key];
    if (mine.version >= row.version) return;
    mine = row;
    ++changed;
  }
  void deliver() {
    for (NodeId holder = 0; holder < size(); ++holder) {
      if (down_.contains(holder)) continue;
      std::vector<node::Hint> kept;
      for (const node::Hint& hint : hints_[holder]) {
        std::uint64_t changed = 0;
        if (down_.contains(hint.destination)) {
          kept.push_back(hint);
          continue;
        }
        if (!loses_hints) merge(rows_[hint.destination], hint.key, hint.row, changed);
        ++ledgers_[holder].delivered;
      }
      hints_[holder] = std::move(kept);
    }
  }
  void compare(NodeId node) {
    node::Counters& counters = counters_[node];
    ++counters.anti_entropy_rounds;
    for (NodeId peer = 0; peer < size() && !repairs_nothing; ++peer) {
      const auto theirs = rows_[peer];
      for (const auto& [key, row] : theirs) {
        const auto owners = ring_.home_replicas_of(key);
        if (std::count(owners.begin(), owners.end(), node) == 0) continue;
        std::uint64_t changed = 0;
        merge(rows_[node], key, row, changed);
        counters.anti_entropy_rows_received += changed;
        counters.anti_entropy_keys_repaired += changed;
        ++counters.anti_entropy_hash_comparisons;
      }
    }
  }

  node::Config config_;
  node::Ring ring_;
  std::vector<std::map<std::string, node::Row>> rows_;
  std::vector<std::vector<node::Hint>> hints_;
  std::vector<node::HintLedger> ledgers_;
  std::vector<node::Counters> counters_;
  std::map<NodeId, std::uint64_t> stores_;  // wiped so many times
  std::set<NodeId> down_;
  std::uint32_t counter_ = 0;
  std::uint64_t sequence_ = 0;
  std::int64_t now_us_ = 0;
  std::uint64_t next_ = 0;
  bool interrupted_ = false;
  std::map<std::pair<std::int64_t, std::uint64_t>, std::function<void()>> events_;
};

}  // namespace holdfast::harness
