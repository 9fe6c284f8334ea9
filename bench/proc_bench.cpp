// What real processes cost the harness: five nodes up and down, and its own CPU for each operation.
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "harness/proc/proc_cluster.h"
#include "node/base/check.h"
#include "node/base/random.h"

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

double own_cpu_us() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
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

// Clients that each wait for a reply before their next operation, half of them reads.
class ClosedLoop {
 public:
  ClosedLoop(Cluster& cluster, std::uint32_t clients) : cluster_(cluster), clients_(clients) {}

  void run(std::uint64_t operations) {
    planned_ = operations;
    for (std::uint32_t i = 0; i < clients_; ++i) next();
    CHECK(cluster_.run([this] { return ended_ == planned_; }));
  }

 private:
  void next() {
    if (begun_ == planned_) return;
    ++begun_;
    const auto node = static_cast<NodeId>(begun_ % cluster_.size());
    const auto done = [this](const node::ClientReply& reply) {
      CHECK(reply.error == ErrorCode::none);
      ++ended_;
      next();
    };
    const std::string key = "k" + std::to_string(random_.below(10'000));
    if (begun_ % 2 == 0) {
      node::ClientRead read;
      read.key = key;
      cluster_.request(node, read, std::chrono::seconds(10), done);
    } else {
      node::ClientWrite write;
      write.key = key;
      write.value = std::string(100, 'v');
      write.id = {1, begun_};
      cluster_.request(node, write, std::chrono::seconds(10), done);
    }
  }

  Cluster& cluster_;
  std::uint32_t clients_;
  std::uint64_t planned_ = 0;
  std::uint64_t begun_ = 0;
  std::uint64_t ended_ = 0;
  Random random_{7};
};

void operations(benchmark::State& state) {
  constexpr std::uint64_t kOperations = 20'000;
  const Folder folder;
  const auto cluster = make(folder, node::Durability::written);
  CHECK(cluster->start().has_value());
  double cpu_us = 0;
  for (auto _ : state) {
    const double before = own_cpu_us();
    ClosedLoop(*cluster, static_cast<std::uint32_t>(state.range(0))).run(kOperations);
    cpu_us += own_cpu_us() - before;
  }
  const auto all = static_cast<double>(state.iterations()) * kOperations;
  state.counters["operations/s"] = benchmark::Counter(all, benchmark::Counter::kIsRate);
  state.counters["harness_cpu_us"] = cpu_us / all;
}
BENCHMARK(operations)->Arg(10)->Arg(100)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace holdfast::harness

BENCHMARK_MAIN();
