// Speed and memory of all checkers, beside their limits. Histories are generated from seed 1.
//
//   checkers_bench [filter]                 a row for each history whose name holds the filter
//   checkers_bench --files FOLDER [initial] the histories of a folder, together
//   checkers_bench --write FOLDER [filter]  the generated histories as files, for other programs
//
// Each row is measured in a process of its own, so that its peak of memory is its own. Times are of
// the check alone; "processor" is what it used itself, whatever else the machine does.
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/generated_trace.h"
#include "bench/run_checkers.h"
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
  const char* limit;
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

void print_row(const char* name, const char* limit, const char* what, Times& times,
               const std::string& more) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const double wall = Times::median(times.wall);  // which sorts them
  const double cpu = Times::median(times.cpu);
  std::printf("%-27s %-16s %-8s wall %8.2f (least %8.2f) processor %8.2f ms  peak %4ld MB  %s\n",
              name, limit, what, wall, times.wall.front(), cpu, usage.ru_maxrss / 1024,
              more.c_str());
  std::fflush(stdout);
}

// In a process of its own.
void apart(const std::function<void()>& work) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    work();
    std::fflush(stdout);
    _exit(0);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0) std::printf("  failed\n");
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
  print_row(row.name, row.limit, word(result.verdict), times,
            std::to_string(result.explored) + " explored");
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
    std::snprintf(text, sizeof text, "%.1f million %s a second",
                  count / 1e3 / Times::median(times.cpu), unit);
    return std::string(text);
  };
  for (const char* name : {"sessions", "staleness", "sequential", "causal"}) {
    if (!wanted(name)) continue;
    apart([&] {
      const checkers::Trace trace = generate(shape);
      Times times;
      checkers::Judgement judgement;
      for (int i = 0; i < 5; ++i) {
        times.measure([&] { judgement = checkers::find_trace_checker(name)->check(trace, {}); });
      }
      const std::string_view checker = name;
      const bool limited = checker == "sessions" || checker == "staleness";
      print_row(name, limited ? "5 million/s" : "", word(judgement.verdict), times,
                per_second(1e6, times, "operations"));
    });
  }
  if (wanted("set-full-1M")) {
    apart([] {
      const checkers::Trace trace = generate_set(1'000'000, 100);
      Times times;
      checkers::Judgement judgement;
      for (int i = 0; i < 3; ++i) times.measure([&] { judgement = judge_set_full(trace, {}); });
      print_row("set-full-1M", "1500 ms", word(judgement.verdict), times, "");
      Times blocks;
      LinearOptions options;
      options.model.kind = checkers::ModelKind::set;
      LinearResult result;
      for (int i = 0; i < 3; ++i)
        blocks.measure([&] { result = check_linearizable(trace, options); });
      print_row("set-blocks-1M", "", word(result.verdict), blocks, "");
    });
  }
  for (const checkers::Format format : {checkers::Format::jsonl, checkers::Format::edn}) {
    const std::string name = "parse-" + std::string(name_of(format));
    if (!wanted(name.c_str())) continue;
    apart([&] {
      const std::string text = print_trace(generate(shape), format);
      Times times;
      bool good = true;
      for (int i = 0; i < 5; ++i) {
        times.measure([&] { good &= checkers::parse_trace(text, name, {}).has_value(); });
      }
      print_row(name.c_str(), format == checkers::Format::edn ? "100 MB/s" : "300 MB/s",
                good ? "ok" : "error", times,
                per_second(static_cast<double>(text.size()), times, "bytes"));
    });
  }
}

// holdfast check, beside this program, on a generated history: parsing and all.
void run_whole_program(const char* name, const TraceShape& shape) {
  namespace fs = std::filesystem;
  const fs::path program = fs::read_symlink("/proc/self/exe").parent_path() / "holdfast";
  if (!fs::exists(program)) {
    std::printf("%-27s %s is not built\n", name, program.c_str());
    return;
  }
  const fs::path file =
      fs::temp_directory_path() / ("checkers_bench." + std::to_string(getpid()) + ".jsonl");
  apart([&] {
    (void)checkers::write_file(file, print_trace(generate(shape), checkers::Format::jsonl));
  });
  std::string words[] = {program, "check", file, "--checker", "linearizable", "--quiet"};
  char* arguments[std::size(words) + 1] = {};
  for (std::size_t i = 0; i < std::size(words); ++i) arguments[i] = words[i].data();
  const auto start = std::chrono::steady_clock::now();
  std::fflush(stdout);
  pid_t child = 0;
  rusage usage{};
  int status = -1;
  if (posix_spawn(&child, program.c_str(), nullptr, nullptr, arguments, environ) == 0) {
    wait4(child, &status, 0, &usage);
  }
  const std::chrono::duration<double, std::milli> wall = std::chrono::steady_clock::now() - start;
  fs::remove(file);
  const auto ms = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  };
  std::printf(
      "%-27s %-16s exit %-3d wall %8.2f                  processor %8.2f ms  peak %4ld MB\n", name,
      "700 ms, 400 MB", WEXITSTATUS(status), wall.count(), ms(usage.ru_utime) + ms(usage.ru_stime),
      usage.ru_maxrss / 1024);
}

// All histories of a folder, one after the other on one core.
int run_files(const std::string& folder, const char* initial) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  Times parsing;
  std::size_t counts[3] = {};
  std::vector<checkers::TraceFile> files;
  parsing.measure([&] {
    for (const std::string& path : paths) {
      auto file = checkers::read_trace(path);
      if (file) files.push_back(std::move(*file));
    }
  });
  const auto check_all = [&](bool evidence) {
    std::ranges::fill(counts, 0);
    for (const checkers::TraceFile& file : files) {
      LinearOptions options;
      if (!evidence) options.minimise_work = 0;
      options.model.kind = guess_model(file.trace).value_or(checkers::ModelKind::reg);
      options.model.nil_read_matches_any = !file.trace.nil_is_value;
      if (initial != nullptr) options.model.initial = checkers::Datum::of(std::atoll(initial));
      ++counts[static_cast<std::size_t>(check_linearizable(file.trace, options).verdict)];
    }
  };
  Times verdicts;
  Times evidence;
  verdicts.measure([&] { check_all(false); });
  evidence.measure([&] { check_all(true); });
  std::printf("%zu of %zu files of %s: %zu valid, %zu invalid, %zu unknown\n", files.size(),
              paths.size(), folder.c_str(), counts[0], counts[2], counts[1]);
  print_row("parsing", "", "", parsing, "");
  print_row("verdicts", "", "", verdicts, "");
  print_row("verdicts and evidence", "", "", evidence, "");
  return files.empty() ? 255 : 0;
}

std::vector<Row> rows() {
  std::vector<Row> all;
  const auto add = [&](const char* name, const char* limit, const TraceShape& shape,
                       unsigned threads = 1, int times = 5) {
    all.push_back({name, limit, shape, threads, times});
  };
  add("unique-1M", "60 ms, 150 MB", {});
  add("unique-1M-stale", "60 ms, 150 MB", {.stale = true});
  add("unique-10M", "near-linear", {.operations = 10'000'000}, 1, 3);
  add("unique-1M-unknown5", "60 ms", {.unknown_percent = 5});
  add("keys1000-1M-c10", "40 ms", {.keys = 1000});
  add("keys1000-1M-c5000", "40 ms", {.keys = 1000, .clients = 5000});
  add("keys1000-1M-c10-2threads", "25 ms", {.keys = 1000}, 2);
  add("keys1000-1M-c5000-2threads", "25 ms", {.keys = 1000, .clients = 5000}, 2);
  const TraceShape five{.operations = 100'000, .values = 5};
  add("values5-100k", "1400 ms, 30 MB", five);
  TraceShape shape = five;
  shape.stale = true;
  add("values5-100k-stale", "1400 ms, 30 MB", shape);
  shape = five;
  shape.cas_percent = 25;
  add("values5-cas-100k", "1400 ms, 30 MB", shape);
  shape.stale = true;
  add("values5-cas-100k-stale", "1400 ms, 30 MB", shape);
  add("unique-cas-1M", "150 ms", {.cas_percent = 25});
  const TraceShape unknown{.operations = 10'000, .values = 5, .unknown_percent = 5};
  const char* const limit = "2000 ms, 500 MB";
  add("values5-10k-unknown5", limit, unknown);
  shape = unknown;
  shape.stale = true;
  add("values5-10k-unknown5-stale", limit, shape);
  shape = unknown;
  shape.values = 100;
  add("values100-10k-unknown5", limit, shape);
  shape.stale = true;
  add("values100-10k-unknown5-stale", limit, shape);
  shape = unknown;
  shape.cas_percent = 25;
  add("values5-cas-10k-unknown5", limit, shape);
  // Where a depth-first search is at its best.
  add("unique-10k-think5", "", {.operations = 10'000, .think_ns = 5'000'000});
  shape = {.operations = 1000, .values = 5};
  add("values5-1k", "", shape);
  shape.unknown_percent = 5;
  add("values5-1k-unknown5", "", shape);
  shape.unknown_percent = 0;
  shape.cas_percent = 25;
  add("values5-cas-1k", "", shape);
  shape = {.operations = 1000, .clients = 30, .values = 5};
  add("values5-1k-c30", "an answer", shape);
  shape.stale = true;
  add("values5-1k-c30-stale", "an answer", shape);
  shape.clients = 100;
  add("values5-1k-c100-stale", "an answer", shape);
  shape.stale = false;
  add("values5-1k-c100", "an answer", shape);
  return all;
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) {
  using namespace holdfast::bench;
  const std::string word = argc > 2 ? argv[1] : "";
  if (word == "--files") return run_files(argv[2], argc > 3 ? argv[3] : nullptr);
  const bool writes = word == "--write";
  const char* filter = writes ? (argc > 3 ? argv[3] : nullptr) : (argc > 1 ? argv[1] : nullptr);
  const auto wanted = [&](const char* name) {
    return filter == nullptr || std::strstr(name, filter) != nullptr;
  };
  for (const Row& row : rows()) {
    if (!wanted(row.name)) continue;
    if (writes) {
      write(row, argv[2]);
    } else {
      apart([&] { run(row); });
    }
  }
  if (writes) return 0;
  run_others(filter);
  if (wanted("whole-program")) run_whole_program("whole-program", {});
  if (wanted("whole-program-unknown5")) {
    run_whole_program("whole-program-unknown5", {.unknown_percent = 5});
  }
  if (wanted("whole-program-keys1000")) {
    run_whole_program("whole-program-keys1000", {.keys = 1000});
  }
  for (const std::uint64_t keys : {1'000'000, 1000, 1}) {
    if (wanted("runs")) apart([&] { measure_run_checkers(3'000'000, keys); });
  }
}
