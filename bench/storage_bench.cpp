// What a store costs: puts, hints and scans over a disk in memory, with 1,000,000 rows of 100
// bytes.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "node/base/check.h"
#include "node/base/hash.h"
#include "node/base/random.h"
#include "node/storage/memory_disk.h"
#include "node/storage/store.h"

namespace holdfast::node {
namespace {

constexpr std::uint64_t kRows = 1'000'000;
constexpr std::uint64_t kLoadBatch = 1000;

std::string key_of(std::uint64_t number) { return "k" + std::to_string(number); }

Row row_of(std::uint64_t number) {
  return {{static_cast<std::int64_t>(number) + 1, 0, 1, 1},
          {1, number + 1},
          false,
          std::string(100, static_cast<char>('a' + number % 26))};
}

struct Opened {
  MemoryDisk disk;
  std::unique_ptr<Store> store;
};

std::unique_ptr<Opened> open_empty() {
  auto opened = std::make_unique<Opened>();
  OpenReport report;
  auto store = Store::open(opened->disk, 1, report);
  CHECK(store.has_value());
  opened->store = std::move(*store);
  return opened;
}

void put_merged(Store& store, std::uint64_t number, std::uint64_t version) {
  const std::string key = key_of(number);
  const std::uint64_t token = token_of(key);
  const auto head = store.head(token, key);
  const Row row = row_of(version);
  if (!head || head->version < row.version) store.put(token, key, row);
}

// Made once and used by all benchmarks that want rows.
Opened& loaded() {
  static const std::unique_ptr<Opened> opened = [] {
    auto fresh = open_empty();
    for (std::uint64_t i = 0; i < kRows; ++i) {
      put_merged(*fresh->store, i, i);
      if ((i + 1) % kLoadBatch == 0) CHECK(fresh->store->commit() == StoreStatus::ok);
    }
    CHECK(fresh->store->sync() == StoreStatus::ok);
    return fresh;
  }();
  return *opened;
}

// Merge and overwrite rows at random places, in commits of range(0).
void BM_PutOver(benchmark::State& state) {
  Store& store = *loaded().store;
  static std::uint64_t version = kRows;
  Random random(1);
  std::int64_t in_group = 0;
  for (auto _ : state) {
    put_merged(store, random.below(kRows), version++);
    if (++in_group < state.range(0)) continue;
    in_group = 0;
    CHECK(store.commit() == StoreStatus::ok);
    CHECK(store.sync() == StoreStatus::ok);
  }
  CHECK(store.commit() == StoreStatus::ok);
}
BENCHMARK(BM_PutOver)->Arg(1)->Arg(10)->Arg(100)->Unit(benchmark::kMicrosecond);

// Merge and insert new rows into a store that starts empty, in commits of range(0).
void BM_PutNew(benchmark::State& state) {
  const auto opened = open_empty();
  std::uint64_t number = 0;
  for (auto _ : state) {
    put_merged(*opened->store, number, number);
    if (++number % static_cast<std::uint64_t>(state.range(0)) != 0) continue;
    CHECK(opened->store->commit() == StoreStatus::ok);
    CHECK(opened->store->sync() == StoreStatus::ok);
  }
  CHECK(opened->store->commit() == StoreStatus::ok);
}
BENCHMARK(BM_PutNew)->Arg(1)->Arg(100)->Unit(benchmark::kMicrosecond)->Iterations(kRows);

void BM_Get(benchmark::State& state) {
  Store& store = *loaded().store;
  Random random(2);
  for (auto _ : state) {
    const std::string key = key_of(random.below(kRows));
    benchmark::DoNotOptimize(store.get(token_of(key), key));
    CHECK(store.commit() == StoreStatus::ok);
  }
}
BENCHMARK(BM_Get)->Unit(benchmark::kMicrosecond);

void BM_ScanHeads(benchmark::State& state) {
  Store& store = *loaded().store;
  std::int64_t rows = 0;
  for (auto _ : state) {
    store.scan_heads(0, UINT64_MAX, [&](std::uint64_t, std::string_view, const RowHead&) {
      ++rows;
      return true;
    });
  }
  state.SetItemsProcessed(rows);
}
BENCHMARK(BM_ScanHeads)->Unit(benchmark::kMillisecond);

// Stores a hint and, later, delivers it: queues of about 100,000, in commits of range(0).
void BM_Hint(benchmark::State& state) {
  constexpr std::uint64_t kBehind = 100'000;
  const auto opened = open_empty();
  Store& store = *opened->store;
  std::uint64_t number = 0;
  const auto one = [&] {
    const std::uint64_t sequence =
        store.add_hint(4, key_of(mix64(number) % kRows), row_of(number), Duration(0));
    if (sequence > kBehind) CHECK(store.deliver_hint(4, sequence - kBehind));
    if (++number % static_cast<std::uint64_t>(state.range(0)) != 0) return;
    CHECK(store.commit() == StoreStatus::ok);
    CHECK(store.sync() == StoreStatus::ok);
  };
  while (number < kBehind) one();
  for (auto _ : state) one();
  CHECK(store.commit() == StoreStatus::ok);
}
BENCHMARK(BM_Hint)->Arg(1)->Arg(100)->Unit(benchmark::kMicrosecond)->Iterations(200'000);

void BM_Open(benchmark::State& state) {
  MemoryDisk disk;
  OpenReport report;
  CHECK(Store::open(disk, 1, report).has_value());
  for (auto _ : state) CHECK(Store::open(disk, 2, report).has_value());
}
BENCHMARK(BM_Open)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace holdfast::node

BENCHMARK_MAIN();
