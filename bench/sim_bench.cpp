// How fast the simulator is: idle clusters, and clusters that serve writes and reads through the
// real store.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>

#include "harness/sim/sim_cluster.h"
#include "node/base/check.h"
#include "node/base/random.h"

namespace holdfast::harness {
namespace {

std::unique_ptr<Cluster> started(const SimOptions& options) {
  std::unique_ptr<Cluster> cluster = make_sim_cluster(options);
  const Result<> ready = cluster->start();
  CHECK(ready.has_value());
  return cluster;
}

void pass(Cluster& cluster, Duration span) {
  bool passed = false;
  cluster.pass_time(span, [&passed] { passed = true; });
  CHECK(cluster.run([&passed] { return passed; }));
}

// Five nodes, 36 hours of nothing but heartbeats every second.
void idle_36_hours(benchmark::State& state) {
  std::uint64_t events = 0;
  for (auto _ : state) {
    SimOptions options;
    options.config.anti_entropy = node::AntiEntropy::off;
    const std::unique_ptr<Cluster> cluster = started(options);
    const std::uint64_t before = cluster->statistics().events;
    pass(*cluster, std::chrono::hours(36));
    events += cluster->statistics().events - before;
  }
  state.counters["events/s"] =
      benchmark::Counter(static_cast<double>(events), benchmark::Counter::kIsRate);
}
BENCHMARK(idle_36_hours)->Unit(benchmark::kMillisecond);

// Clients that each wait for a reply before their next operation, spread over all nodes.
class ClosedLoop {
 public:
  ClosedLoop(Cluster& cluster, std::uint32_t clients, std::uint32_t read_percent)
      : cluster_(cluster), clients_(clients), read_percent_(read_percent), random_(7) {}

  void run(std::uint64_t operations) {
    planned_ = operations;
    begun_ = ended_ = 0;
    for (std::uint32_t client = 0; client < clients_; ++client) next(client);
    CHECK(cluster_.run([this] { return ended_ == planned_; }));
  }
  std::uint64_t failed() const { return failed_; }

 private:
  static constexpr Duration kTimeout = std::chrono::seconds(5);
  static constexpr std::uint64_t kKeys = 20'000;

  void next(std::uint32_t client) {
    if (begun_ == planned_) return;
    ++begun_;
    const auto node = static_cast<NodeId>(client % cluster_.size());
    const std::string key = "k" + std::to_string(random_.below(kKeys));
    auto done = [this, client](const node::ClientReply& reply) {
      ++ended_;
      failed_ += reply.error != ErrorCode::none;
      next(client);
    };
    if (random_.chance(read_percent_, 100)) {
      cluster_.request(node, node::ClientRead{key, {}}, kTimeout, std::move(done));
    } else {
      node::ClientWrite write{key, false, std::string(100, 'v'), {1, ++operation_}, {}};
      cluster_.request(node, std::move(write), kTimeout, std::move(done));
    }
  }

  Cluster& cluster_;
  std::uint32_t clients_;
  std::uint32_t read_percent_;
  Random random_;
  std::uint64_t operation_ = 0;
  std::uint64_t planned_ = 0;
  std::uint64_t begun_ = 0;
  std::uint64_t ended_ = 0;
  std::uint64_t failed_ = 0;
};

// N=3, W=2, R=2, fsync, 100-byte values, over SQLite; 100 clients.
void operations(benchmark::State& state) {
  SimOptions options;
  options.network.streams = state.range(1) != 0;
  const std::unique_ptr<Cluster> cluster = started(options);
  ClosedLoop load(*cluster, 100, static_cast<std::uint32_t>(state.range(0)));
  load.run(20'000);
  constexpr std::uint64_t kOperations = 50'000;
  std::uint64_t events = 0;
  for (auto _ : state) {
    const std::uint64_t before = cluster->statistics().events;
    load.run(kOperations);
    events += cluster->statistics().events - before;
  }
  CHECK(load.failed() == 0);
  const auto rounds = static_cast<double>(state.iterations());
  state.counters["operations/s"] =
      benchmark::Counter(rounds * kOperations, benchmark::Counter::kIsRate);
  state.counters["events/s"] =
      benchmark::Counter(static_cast<double>(events), benchmark::Counter::kIsRate);
}
BENCHMARK(operations)
    ->ArgNames({"read_percent", "streams"})
    ->Args({0, 0})
    ->Args({50, 0})
    ->Args({0, 1})
    ->Unit(benchmark::kMillisecond);

// The event queue alone, with a hundred events waiting.
void event_queue(benchmark::State& state) {
  EventQueue queue;
  Random random(1);
  for (int i = 0; i < 100; ++i) queue.push(static_cast<SimTime>(random.below(1000)), {});
  for (auto _ : state) {
    const SimTime now = queue.next_time();
    benchmark::DoNotOptimize(queue.pop());
    queue.push(now + static_cast<SimTime>(random.below(1000)), {});
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(event_queue);

}  // namespace
}  // namespace holdfast::harness

BENCHMARK_MAIN();
