// What real processes cost the harness: five nodes up and down, and its own CPU for each operation
// that is generated, sent to five nodes and recorded in history.jsonl; and how many that makes a
// second on the cores that it shares with the nodes.
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "harness/load.h"
#include "harness/proc/proc_cluster.h"
#include "harness/recorder.h"
#include "node/base/check.h"
#include "workloads/workload.h"

namespace holdfast::harness {
namespace {

class Folder {
 public:
  Folder() { CHECK(::mkdtemp(name_) != nullptr); }
  ~Folder() { std::filesystem::remove_all(name_); }
  const char* path() const { return name_; }

 private:
  char name_[32] = "/tmp/holdfast-bench-XXXXXX";
};

std::unique_ptr<ProcCluster> make(const Folder& folder, node::Durability durability) {
  ProcOptions options;
  options.nodes = 5;
  options.folder = folder.path();
  options.config.store_durability = durability;
  options.config.hint_durability = durability;
  return make_proc_cluster(std::move(options));
}

// RUSAGE_SELF: of the harness. RUSAGE_CHILDREN: of the nodes that have ended.
double cpu_us(int whose) {
  rusage usage{};
  ::getrusage(whose, &usage);
  const auto us = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec);
  };
  return us(usage.ru_utime) + us(usage.ru_stime);
}

void five_nodes_up(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    const Folder folder;
    auto cluster = make(folder, node::Durability::fsync);
    state.ResumeTiming();
    CHECK(cluster->start().has_value());
    state.PauseTiming();
    cluster.reset();
    state.ResumeTiming();
  }
}
BENCHMARK(five_nodes_up)->Unit(benchmark::kMillisecond)->UseRealTime();

void five_nodes_down(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    const Folder folder;
    auto cluster = make(folder, node::Durability::fsync);
    CHECK(cluster->start().has_value());
    state.ResumeTiming();
    cluster->stop();
  }
}
BENCHMARK(five_nodes_down)->Unit(benchmark::kMillisecond)->UseRealTime();

// A test's load, half of it reads, by clients that each wait for a reply before they go on.
void operations(benchmark::State& state) {
  const Folder folder;
  auto cluster = make(folder, node::Durability::written);
  CHECK(cluster->start().has_value());
  workloads::Parameters parameters;
  parameters.keys = 10'000;
  parameters.writes = 50'000;
  parameters.clients = static_cast<std::uint32_t>(state.range(0));
  const std::string path = std::string(folder.path()) + "/history.jsonl";
  double harness_us = 0;
  double operations = 0;
  const double nodes_before_us = cpu_us(RUSAGE_CHILDREN);
  for (auto _ : state) {
    const double before_us = cpu_us(RUSAGE_SELF);
    const auto workload =
        workloads::find_workload("register")->make(parameters, Duration(0), state.iterations());
    auto recorder = Recorder::open(
        path, [&] { return cluster->now_ns(); }, workload->operations());
    CHECK(recorder.has_value());
    (*recorder)->begin_phase("load", cluster->now_ns());
    Load load(*cluster, **recorder, parameters, state.iterations());
    load.start([&](std::int64_t now_ns) { return workload->next(now_ns); });
    CHECK(cluster->run([&] { return load.is_finished() && load.is_idle(); }));
    harness_us += cpu_us(RUSAGE_SELF) - before_us;
    operations += static_cast<double>(load.issued());
    for (const checkers::Operation& each : (*recorder)->history().operations) {
      CHECK(each.outcome == checkers::Outcome::ok);
    }
  }
  cluster.reset();
  state.counters["operations/s"] = benchmark::Counter(operations, benchmark::Counter::kIsRate);
  state.counters["harness_cpu_us"] = harness_us / operations;
  state.counters["nodes_cpu_us"] = (cpu_us(RUSAGE_CHILDREN) - nodes_before_us) / operations;
}
BENCHMARK(operations)->Arg(10)->Arg(100)->Arg(1000)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace holdfast::harness

BENCHMARK_MAIN();
