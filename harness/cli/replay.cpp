// holdfast replay: repeats a recorded run, and says whether it was the same.
#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "harness/append_file.h"
#include "harness/campaign/simulate.h"
#include "harness/cli/command.h"
#include "harness/cli/commit.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/run_folder.h"
#include "harness/fault_log.h"
#include "harness/run_header.h"
#include "harness/runner.h"
#include "nemesis/schedule.h"

namespace holdfast::harness {
namespace {

using Json = nlohmann::json;

// What a folder says of its run, and of how it ended.
struct Recorded : RunHeader {
  std::string trace_hash;  // empty: the run did not end
  std::string verdict;     // likewise
};

Result<Recorded> read_recorded(const std::filesystem::path& folder) {
  auto header = read_run_header(folder);
  if (!header) return header.error();
  Recorded recorded{std::move(*header), "", ""};
  const auto text = read_file((folder / "results.json").string());
  const Json results = text ? Json::parse(*text, nullptr, false) : Json();
  for (const auto& [name, member] :
       {std::pair{"trace_hash", &recorded.trace_hash}, std::pair{"verdict", &recorded.verdict}}) {
    if (results.contains(name) && results[name].is_string()) *member = results[name];
  }
  return recorded;
}

struct Until {
  std::int64_t time_ns = -1;
  std::int64_t operation = -1;
};

Result<Until> parse_until(const std::string& text) {
  Until until;
  if (text.empty()) return until;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), until.operation);
  if (error == std::errc{} && end == text.data() + text.size() && until.operation >= 0) {
    return until;
  }
  until.operation = -1;
  const auto time = nemesis::parse_duration(text);
  if (!time) return fail("--until " + text + ": expected a time (12s) or an operation's index");
  until.time_ns = to_us(*time) * 1000;
  return until;
}

// Which program it was: two of one version may differ.
std::string build(std::string_view version, std::string_view commit) {
  return fmt::format("version {} (commit {})", version.empty() ? "unknown" : version,
                     commit.empty() ? "unknown" : commit);
}

int replay_simulated(const Recorded& recorded, const ReplayCommand& command, const Until& until) {
  const std::unique_ptr<SimCluster> cluster = simulate(recorded.test, recorded.seed);
  RunOptions options;
  options.cluster = "sim";
  options.seed = recorded.seed;
  options.record_files = false;
  Runner runner(recorded.test, *cluster, options);
  bool stopped = false;
  std::int64_t stopped_ns = 0;
  std::uint64_t operations = 0;
  std::uint64_t operations_then = 0;  // when it stopped
  const auto check = [&] {
    const bool time_over = until.time_ns >= 0 && cluster->now_ns() >= until.time_ns;
    const bool operation_over =
        until.operation >= 0 && operations > static_cast<std::uint64_t>(until.operation);
    if (stopped || !(time_over || operation_over)) return;
    stopped = true;
    stopped_ns = cluster->now_ns();
    operations_then = operations;
    runner.interrupt();
  };
  cluster->set_trace_sink([&](std::string_view line) {
    operations += line.find("client -> ") != line.npos && line.find(" client_") != line.npos;
    if (command.verbose && !stopped) fmt::print("{}\n", line);
    check();
  });
  const Result<RunResult> result = runner.run();
  if (!result) return complain(result.error().message, kExitHarnessError);
  // As the run's own record counts it: before the cluster was taken down.
  const std::string hash = Json::parse(result->results_json).value("trace_hash", "");
  if (stopped) {
    fmt::print("stopped at {}, after {} requests of clients\n",
               nemesis::format_duration(Duration(stopped_ns / 1000)), operations_then);
    return kExitValid;
  }
  if (recorded.trace_hash.empty()) {
    fmt::print(
        "repeated: {}, trace hash {}; the recorded run did not end, so there is nothing to "
        "compare with\n",
        to_string(result->verdict), hash);
    return kExitUnknown;
  }
  if (hash == recorded.trace_hash) {
    fmt::print("the same run, bit for bit: trace hash {}; {}\n", hash, to_string(result->verdict));
    return exit_code(result->verdict);
  }
  return complain(
      fmt::format("not the same run: trace hash {}, recorded {}; recorded by {}, this is {}", hash,
                  recorded.trace_hash, build(recorded.version, recorded.commit),
                  build(HOLDFAST_VERSION, commit())),
      kExitHarnessError);
}

// Real processes: the recorded faults at their times, and the same operations. When threads run and
// packets arrive is the kernel's affair, so it is not the same run bit for bit.
int replay_real(const std::filesystem::path& folder, const Recorded& recorded,
                const ReplayCommand& command) {
  if (command.verbose || !command.until.empty()) {
    return complain(
        "--until and --verbose are for simulated runs; this one was on " + recorded.cluster,
        kExitBadArguments);
  }
  TestFile test = recorded.test;
  auto text = read_file((folder / "faults.jsonl").string());
  if (!text) return complain(text.error().message, kExitBadArguments);
  auto faults = parse_faults(*text, (folder / "faults.jsonl").string());
  if (!faults) return complain(faults.error().message, kExitBadArguments);
  test.random.reset();
  test.schedule.clear();
  for (const nemesis::InjectedFault& fault : *faults) {
    if (fault.planned.fault != nemesis::kHeal) test.schedule.push_back(fault.planned);
  }
  const std::filesystem::path file = folder / "replay.json";
  if (!(std::ofstream(file) << to_json(test).dump(2) << "\n").flush()) {
    return complain("cannot write " + file.string(), kExitHarnessError);
  }
  fmt::print(
      "repeating the recorded faults at their times, and the same operations; when processes run "
      "and packets arrive is the kernel's affair, so the outcome may differ (recorded: {})\n",
      recorded.verdict.empty() ? "no verdict" : recorded.verdict);
  std::fflush(stdout);
  RunCommand again;
  again.test = file.string();
  again.on = recorded.cluster;
  again.seed = std::to_string(recorded.seed);
  again.hosts = command.hosts;
  again.results = command.results;
  return run(again);
}

}  // namespace

int replay(const ReplayCommand& command) {
  const Result<std::filesystem::path> folder = find_run_folder(command.folder);
  if (!folder) return complain(folder.error().message, kExitBadArguments);
  const Result<Recorded> recorded = read_recorded(*folder);
  if (!recorded) return complain(recorded.error().message, kExitBadArguments);
  const Result<Until> until = parse_until(command.until);
  if (!until) return complain(until.error().message, kExitBadArguments);
  if (recorded->version != HOLDFAST_VERSION) {
    return complain(folder->string() + ": recorded by " +
                        build(recorded->version, recorded->commit) +
                        ", which can replay it; this is " + build(HOLDFAST_VERSION, commit()),
                    kExitBadArguments);
  }
  if (recorded->cluster != "ssh" && !command.hosts.empty()) {
    return complain("--hosts is for runs on ssh; this one was on " + recorded->cluster,
                    kExitBadArguments);
  }
  if (recorded->cluster == "sim") return replay_simulated(*recorded, command, *until);
  return replay_real(*folder, *recorded, command);
}

}  // namespace holdfast::harness
