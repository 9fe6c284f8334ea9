// Speed of the checkers of linearizability on generated histories: bench/linear_bench [filter].
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "bench/generated_trace.h"
#include "checkers/linear/linearizable.h"

namespace holdfast::bench {
namespace {

using checkers::LinearOptions;
using checkers::LinearResult;

struct Row {
  const char* name;
  TraceShape shape;
  unsigned threads = 1;
  int times = 5;
};

double ms_of(const checkers::Trace& trace, const LinearOptions& options, LinearResult& result) {
  const auto start = std::chrono::steady_clock::now();
  result = check_linearizable(trace, options);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  return took.count();
}

void run(const Row& row) {
  const checkers::Trace trace = generate(row.shape);
  LinearOptions options;
  options.threads = row.threads;
  std::vector<double> times;
  LinearResult result;
  for (int i = 0; i < row.times; ++i) times.push_back(ms_of(trace, options, result));
  std::sort(times.begin(), times.end());
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("%-34s %-8s median %9.2f ms  min %9.2f ms  explored %10llu  peak %5ld MB\n", row.name,
              result.verdict == checkers::Verdict::valid     ? "valid"
              : result.verdict == checkers::Verdict::invalid ? "invalid"
                                                             : "unknown",
              times[times.size() / 2], times.front(),
              static_cast<unsigned long long>(result.explored), usage.ru_maxrss / 1024);
  std::fflush(stdout);
}

std::vector<Row> rows() {
  std::vector<Row> all;
  const auto add = [&](const char* name, unsigned threads, auto&& set) {
    Row row{name, {}, threads};
    set(row);
    all.push_back(row);
  };
  add("unique-1M", 1, [](Row&) {});
  add("unique-1M-stale", 1, [](Row& r) { r.shape.stale = true; });
  add("unique-10M", 1, [](Row& r) {
    r.shape.operations = 10'000'000;
    r.times = 3;
  });
  add("unique-1M-unknown5", 1, [](Row& r) { r.shape.unknown_percent = 5; });
  for (const unsigned threads : {1U, 2U}) {
    add(threads == 1 ? "keys1000-1M-c10" : "keys1000-1M-c10-2threads", threads,
        [](Row& r) { r.shape.keys = 1000; });
    add(threads == 1 ? "keys1000-1M-c5000" : "keys1000-1M-c5000-2threads", threads, [](Row& r) {
      r.shape.keys = 1000;
      r.shape.clients = 5000;
    });
  }
  for (const std::uint64_t cas : {0, 25}) {
    for (const bool stale : {false, true}) {
      add(cas == 0 ? (stale ? "values5-100k-stale" : "values5-100k")
                   : (stale ? "values5-cas-100k-stale" : "values5-cas-100k"),
          1, [&](Row& r) {
            r.shape.operations = 100'000;
            r.shape.values = 5;
            r.shape.cas_percent = cas;
            r.shape.stale = stale;
          });
    }
  }
  add("unique-cas-1M", 1, [](Row& r) { r.shape.cas_percent = 25; });
  add("values5-10k-unknown5", 1, [](Row& r) {
    r.shape.operations = 10'000;
    r.shape.values = 5;
    r.shape.unknown_percent = 5;
  });
  add("values5-10k-unknown5-stale", 1, [](Row& r) {
    r.shape.operations = 10'000;
    r.shape.values = 5;
    r.shape.unknown_percent = 5;
    r.shape.stale = true;
  });
  add("values100-10k-unknown5", 1, [](Row& r) {
    r.shape.operations = 10'000;
    r.shape.values = 100;
    r.shape.unknown_percent = 5;
  });
  add("values100-10k-unknown5-stale", 1, [](Row& r) {
    r.shape.operations = 10'000;
    r.shape.values = 100;
    r.shape.unknown_percent = 5;
    r.shape.stale = true;
  });
  add("values5-cas-10k-unknown5", 1, [](Row& r) {
    r.shape.operations = 10'000;
    r.shape.values = 5;
    r.shape.cas_percent = 25;
    r.shape.unknown_percent = 5;
  });
  for (const std::uint64_t clients : {30, 100}) {
    for (const bool stale : {false, true}) {
      add(clients == 30 ? (stale ? "values5-1k-c30-stale" : "values5-1k-c30")
                        : (stale ? "values5-1k-c100-stale" : "values5-1k-c100"),
          1, [&](Row& r) {
            r.shape.operations = 1000;
            r.shape.values = 5;
            r.shape.clients = clients;
            r.shape.stale = stale;
          });
    }
  }
  return all;
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) {
  for (const holdfast::bench::Row& row : holdfast::bench::rows()) {
    if (argc > 1 && std::strstr(row.name, argv[1]) == nullptr) continue;
    holdfast::bench::run(row);
  }
}
