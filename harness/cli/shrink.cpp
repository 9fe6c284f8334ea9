// holdfast shrink: the smallest test that fails as a recorded run did.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "harness/campaign/shrink_run.h"
#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/run_folder.h"
#include "nemesis/schedule.h"

namespace holdfast::harness {
namespace {

void show(const ShrinkProgress& progress) {
  if (::isatty(STDERR_FILENO) != 1) return;
  fmt::print(stderr, "\r\x1b[K{:<22} {} runs  {} faults  {} operations  {} nodes", progress.pass,
             progress.runs, progress.faults, progress.operations, progress.nodes);
  std::fflush(stderr);
}

}  // namespace

int shrink(const ShrinkCommand& command) {
  const auto budget_time = nemesis::parse_duration(command.budget);
  if (!budget_time || budget_time->count() <= 0) {
    return complain("--for " + command.budget + ": expected a time above zero, as in 2m",
                    kExitBadArguments);
  }
  const Result<std::filesystem::path> folder = find_run_folder(command.folder);
  if (!folder) return complain(folder.error().message, kExitBadArguments);
  ShrinkBudget budget;
  budget.wall_ms = to_us(*budget_time) / 1000;
  const Result<ShrinkOutcome> outcome =
      shrink_run(*folder, budget, [&](const ShrinkProgress& progress) {
        if (!command.quiet) show(progress);
      });
  if (!command.quiet && ::isatty(STDERR_FILENO) == 1) fmt::print(stderr, "\r\x1b[K");
  if (!outcome) return complain(outcome.error().message, kExitBadArguments);
  const std::filesystem::path out = command.out.empty() ? *folder / "shrunk.json" : command.out;
  const std::string text = readable(outcome->test);
  if (!(std::ofstream(out) << text).flush()) {
    return complain("cannot write " + out.string(), kExitHarnessError);
  }
  fmt::print(
      "{}\n{}\n{}\n\n{} faults, {} operations, {} nodes, after {} runs in {:.1f} s\n{}\n"
      "run it with: holdfast run {}\n",
      text, outcome->cause.kind(), outcome->cause.example, outcome->test.schedule.size(),
      outcome->test.parameters.script.size(), outcome->test.nodes, outcome->runs,
      static_cast<double>(outcome->wall_ms) / 1000, out.string(), out.string());
  return kExitValid;
}

}  // namespace holdfast::harness
