// Speed of the checkers of foreign histories on generated ones.
//
//   linear_bench [filter]                  a table: each row whose name holds the filter
//   linear_bench --write FOLDER [filter]   the same histories as files, for other programs
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "bench/generated_trace.h"
#include "checkers/formats/byte_source.h"
#include "checkers/formats/trace_file.h"
#include "checkers/linear/linearizable.h"
#include "checkers/models/judgement.h"

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

// Of the thread's own time: what a busy machine takes away does not count.
double cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

struct Times {
  std::vector<double> wall;
  std::vector<double> cpu;
  template <class Work>
  void measure(Work&& work) {
    const double cpu_start = cpu_ms();
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    wall.push_back(took.count());
    cpu.push_back(cpu_ms() - cpu_start);
  }
  static double median(std::vector<double>& all) {
    std::sort(all.begin(), all.end());
    return all[all.size() / 2];
  }
};

void print_row(const char* name, const char* what, Times& times, const std::string& more) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const double wall = Times::median(times.wall);  // which sorts them
  const double cpu = Times::median(times.cpu);
  std::printf("%-30s %-8s wall median %9.2f min %9.2f  cpu median %9.2f ms  peak %5ld MB  %s\n",
              name, what, wall, times.wall.front(), cpu, usage.ru_maxrss / 1024, more.c_str());
  std::fflush(stdout);
}

const char* word(checkers::Verdict verdict) {
  if (verdict == checkers::Verdict::valid) return "valid";
  return verdict == checkers::Verdict::invalid ? "invalid" : "unknown";
}

void run(const Row& row) {
  const checkers::Trace trace = generate(row.shape);
  LinearOptions options;
  options.threads = row.threads;
  Times times;
  LinearResult result;
  for (int i = 0; i < row.times; ++i) {
    times.measure([&] { result = check_linearizable(trace, options); });
  }
  print_row(row.name, word(result.verdict), times, "explored " + std::to_string(result.explored));
}

void write(const Row& row, const std::string& folder) {
  const checkers::Trace trace = generate(row.shape);
  const std::string path = folder + "/" + row.name + ".jsonl";
  const Result<> written = checkers::write_file(path, print_trace(trace, checkers::Format::jsonl));
  std::printf("%s %s\n", path.c_str(), written ? "" : written.error().message.c_str());
}

// Checkers other than of linearizability, and the parsers.
void run_others(const char* filter) {
  const auto wanted = [&](const char* name) {
    return filter == nullptr || std::strstr(name, filter) != nullptr;
  };
  TraceShape shape;
  shape.keys = 1000;
  shape.versions = true;
  const auto per_second = [](double count, Times& times, const char* unit) {
    char text[96];
    std::snprintf(text, sizeof text, "%.1f million %s a second of processor time",
                  count / 1e3 / Times::median(times.cpu), unit);
    return std::string(text);
  };
  for (const char* name : {"sessions", "staleness", "sequential", "causal"}) {
    if (!wanted(name)) continue;
    const checkers::Trace trace = generate(shape);
    Times times;
    checkers::Judgement judgement;
    for (int i = 0; i < 5; ++i) {
      times.measure([&] { judgement = checkers::find_trace_checker(name)->check(trace, {}); });
    }
    print_row(name, word(judgement.verdict), times, per_second(1e6, times, "operations"));
  }
  if (wanted("set-full")) {
    const checkers::Trace trace = generate_set(1'000'000, 100);
    Times times;
    checkers::Judgement judgement;
    for (int i = 0; i < 3; ++i) times.measure([&] { judgement = judge_set_full(trace, {}); });
    print_row("set-full", word(judgement.verdict), times, "");
    Times blocks;
    LinearOptions options;
    options.model.kind = checkers::ModelKind::set;
    LinearResult result;
    for (int i = 0; i < 3; ++i)
      blocks.measure([&] { result = check_linearizable(trace, options); });
    print_row("set-blocks", word(result.verdict), blocks, "");
  }
  for (const checkers::Format format : {checkers::Format::jsonl, checkers::Format::edn}) {
    const std::string name = "parse-" + std::string(name_of(format));
    if (!wanted(name.c_str())) continue;
    const std::string text = print_trace(generate(shape), format);
    Times times;
    bool good = true;
    for (int i = 0; i < 5; ++i) {
      times.measure([&] { good &= checkers::parse_trace(text, name, {}).has_value(); });
    }
    print_row(name.c_str(), good ? "ok" : "error", times,
              per_second(static_cast<double>(text.size()), times, "bytes"));
  }
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
  using namespace holdfast::bench;
  const bool writes = argc > 2 && std::strcmp(argv[1], "--write") == 0;
  const char* filter = writes ? (argc > 3 ? argv[3] : nullptr) : (argc > 1 ? argv[1] : nullptr);
  for (const Row& row : rows()) {
    if (filter != nullptr && std::strstr(row.name, filter) == nullptr) continue;
    if (writes) {
      write(row, argv[2]);
    } else {
      run(row);
    }
  }
  if (!writes) run_others(filter);
}
