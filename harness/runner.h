// The runner: drives a cluster through a test's phases, records all of it, and judges the record.
//
// Phases: load (with faults), heal, drain, anti-entropy, final reads, final dumps. Event-driven on
// Cluster; single-threaded; reads no clock but the cluster's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "checkers/verdict.h"
#include "harness/cluster.h"
#include "harness/test_file/test_file.h"
#include "nemesis/schedule.h"
#include "node/base/result.h"

namespace holdfast::harness {

// What a live line shows. Called often; the receiver decides how often it draws.
struct Progress {
  std::string_view phase;
  std::int64_t time_ns = 0;  // of the history
  std::uint64_t operations = 0;
  std::uint64_t operations_planned = 0;
  std::uint64_t faults = 0;
  std::uint64_t hints_pending = 0;  // as of the latest sample
  std::string waiting_for;          // in words; empty while nothing is awaited
};

struct RunOptions {
  std::filesystem::path folder;  // of this run; made if it is missing
  std::string cluster;           // "sim", "loopback": for run.json
  std::string command;           // the exact line that repeats the run
  std::string version;           // of the program: for run.json
  std::string commit;            // that it was built from: likewise
  std::uint64_t seed = 1;
  std::function<void(const Progress&)> progress;
  // Wall time since the program's start, for wall_s and for flushing; none: 0 and by size.
  std::function<std::int64_t()> wall_ns;
  bool record_files = true;  // false: judge in memory only (campaigns)
};

struct RunResult {
  checkers::Verdict verdict = checkers::Verdict::unknown;
  std::string results_json;  // the text of results.json
  bool interrupted = false;
};

class Runner {
 public:
  // REQUIRES: validate(test) is ok. The cluster is not started yet and must outlive the runner.
  Runner(const TestFile& test, Cluster& cluster, RunOptions options);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // What this cluster cannot do of the test; ask before run().
  std::optional<nemesis::Obstacle> obstacle() const;
  // How long the load lasts if it leaves no gaps that real processes could skip (more than a
  // second); else 0. What is simulated skips nothing and needs no time.
  Duration dense_load() const;
  // All phases, and the verdict. An error is the harness's, never a verdict.
  Result<RunResult> run();
  // Makes run() end the load, heal, read what the nodes hold (all that within half a minute), stop
  // and judge what was recorded. Safe in a signal handler.
  void interrupt();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace holdfast::harness
