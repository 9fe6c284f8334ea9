// holdfast run: a test, from its file to its verdict.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <optional>

#include "harness/cli/command.h"
#include "harness/cli/commit.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/interruption.h"
#include "harness/cli/progress_line.h"
#include "harness/cli/run_folder.h"
#include "harness/cli/seed.h"
#include "harness/cli/worlds.h"
#include "harness/expectations.h"
#include "harness/runner.h"
#include "harness/test_file/swarm.h"
#include "harness/test_file/test_file.h"
#include "nemesis/schedule.h"
#include "report/report.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

std::int64_t wall_ns() {
  static const auto start = std::chrono::steady_clock::now();
  return std::chrono::nanoseconds(std::chrono::steady_clock::now() - start).count();
}

// The word as a shell reads it back.
std::string quoted(const std::string& word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == word.npos) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

// The exact line that repeats the run.
std::string repeat_line(const RunCommand& command, std::uint64_t seed) {
  std::string line = "holdfast run " + quoted(command.test);
  if (command.on != "sim") line += " --on " + command.on;
  if (command.on == "ssh") line += " --hosts " + quoted(command.hosts.string());
  line += fmt::format(" --seed {}", seed);
  for (const std::string& setting : command.settings) line += " --set " + quoted(setting);
  for (const std::string& each : command.expectations) line += " --expect " + quoted(each);
  if (command.strict) line += " --strict";
  return line;
}

// The test as the command line wants it.
Result<TestFile> resolve_test(const RunCommand& command) {
  std::optional<std::uint64_t> given;
  if (!command.seed.empty()) {
    const Result<std::uint64_t> seed = parse_seed(command.seed);
    if (!seed) return seed.error();
    given = *seed;
  }
  Result<TestFile> test = command.test == kRandomTest ? draw_random_test(given.value_or(1))
                                                      : load_test_file(command.test);
  if (!test) return test;
  const Result<> applied = apply_overrides(*test, command.settings, command.expectations);
  if (!applied) return applied.error();
  if (command.strict) test->strict = true;
  if (given) test->seed = given;
  const Result<> valid = validate(*test);
  if (!valid) return valid.error();
  if (auto expectable = check_expectations(*test); !expectable) return expectable.error();
  return test;
}

// A load of hours whose gaps are too short to be skipped is rarely meant.
void warn_of_length(Duration dense_load) {
  constexpr Duration kLong = std::chrono::minutes(10);
  if (dense_load < kLong) return;
  fmt::print(stderr,
             "holdfast: this run takes about {} of real time: its load leaves no gap of more than "
             "a second, so no time can be skipped; workload.burst_every_ms makes gaps, "
             "phases.load_ms a shorter load, --on sim needs none\n",
             nemesis::format_duration(dense_load));
}

// Removes the folder of a run that never began, and what became empty with it.
void remove_unused(const fs::path& folder) {
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  fs::remove(folder.parent_path(), ignored);  // fails while other runs are there
}

int finish(const RunCommand& command, const fs::path& folder, const RunResult& result) {
  const Result<> linked = link_latest(folder);
  if (!linked) complain(linked.error().message, kExitHarnessError);
  const Result<report::RunRecord> record = report::read_run(folder);
  if (!record) return complain(record.error().message, kExitHarnessError);
  const Result<> written = report::write_files(*record, folder);
  if (!written) return complain(written.error().message, kExitHarnessError);
  if (command.quiet) {
    fmt::print("{} {}\n", to_string(result.verdict), folder.string());
  } else {
    fmt::print("{}", report::text(*record, report::style_of_standard_output()));
  }
  return exit_code(result.verdict);
}

}  // namespace

int run(const RunCommand& command) {
  wall_ns();  // counts from here
  const Result<TestFile> test = resolve_test(command);
  if (!test) return complain(test.error().message, kExitBadArguments);
  const std::uint64_t seed = test->seed.value_or(1);

  WorldOptions world;
  world.on = command.on;
  world.keep_data = command.keep_data;
  const Result<> hosts = take_hosts(world, command.hosts);
  if (!hosts) return complain(hosts.error().message, kExitBadArguments);
  std::optional<Janitor> janitor;
  if (command.on != "sim") {
    auto started = Janitor::start();
    if (!started) return complain(started.error().message, kExitHarnessError);
    world.janitor = &janitor.emplace(std::move(*started));
  }
  if (command.on == "netns") {  // before anything is made: what follows happens inside
    const Result<nemesis::Sandbox> sandbox = nemesis::enter_sandbox();
    if (!sandbox) return complain(sandbox.error().message, kExitHarnessError);
    world.sandbox = *sandbox;
  }
  const std::time_t now = std::time(nullptr);
  const Result<fs::path> folder = make_run_folder(command.results, test->name, now);
  if (!folder) return complain(folder.error().message, kExitHarnessError);

  RunOptions options;
  options.folder = *folder;
  options.cluster = command.on;
  options.seed = seed;
  options.command = repeat_line(command, seed);
  options.version = HOLDFAST_VERSION;
  options.commit = commit();
  options.wall_ns = wall_ns;
  ProgressLine line(command.quiet);
  options.progress = [&](const Progress& progress) { line.show(progress, wall_ns()); };

  world.seed = seed;
  world.folder = *folder;
  world.node_program = command.node_program;
  const std::unique_ptr<Cluster> cluster = make_world(*test, world);
  const Result<> reached = cluster->reach();
  if (!reached) {
    remove_unused(*folder);
    return complain(reached.error().message, kExitHarnessError);
  }
  Runner runner(*test, *cluster, options);
  if (const auto obstacle = runner.obstacle()) {
    remove_unused(*folder);
    return complain(obstacle->text, obstacle->of_machine ? kExitHarnessError : kExitBadArguments);
  }
  if (command.on != "sim") warn_of_length(runner.dense_load());
  if (!command.quiet) {
    fmt::print("{} on {}, seed {}\nrepeat with: {}\n\n", test->name, command.on, seed,
               options.command);
    std::fflush(stdout);
  }
  Result<RunResult> result = [&] {
    const Interruption interruption(
        "\nholdfast: healing, stopping, judging; once more ends it now\n",
        [&runner] { runner.interrupt(); });
    return runner.run();
  }();
  cluster->stop();
  line.clear();
  if (!result) {
    std::error_code missing;
    const auto recorded = fs::file_size(*folder / "history.jsonl", missing);
    if (missing || recorded == 0) remove_unused(*folder);
    return complain(result.error().message, kExitHarnessError);
  }
  return finish(command, *folder, *result);
}

}  // namespace holdfast::harness
