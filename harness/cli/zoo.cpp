// holdfast zoo: plants known bugs in the nodes, one at a time, until a checker sees each.
#include "harness/campaign/zoo.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <thread>

#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/interruption.h"
#include "harness/cli/run_folder.h"
#include "harness/cli/seed.h"
#include "node/base/spelling.h"
#include "node/core/bugs.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

std::vector<std::string_view> known_bugs() {
  std::vector<std::string_view> names;
  for (const node::BugEntry& bug : node::all_bugs()) names.push_back(bug.name);
  return names;
}

Result<ZooPlan> plan_of(const ZooCommand& command) {
  ZooPlan plan;
  plan.bugs = command.bugs;
  for (const std::string& name : plan.bugs) {
    if (std::ranges::count(known_bugs(), name) > 0) continue;
    const std::string meant = did_you_mean(name, known_bugs());
    return fail("there is no bug \"" + name + "\"; " +
                (meant.empty() ? "`holdfast list bugs` names them" : meant));
  }
  if (plan.bugs.empty()) {
    for (const node::BugEntry& bug : node::all_bugs()) plan.bugs.emplace_back(bug.name);
    plan.bugs.emplace_back();  // the correct node, where nothing may be found
  }
  if (command.seeds == 0) return fail("--seeds 0: expected a budget above zero");
  plan.seeds = command.seeds;
  plan.jobs = command.jobs > 0 ? command.jobs : std::max(1U, std::thread::hardware_concurrency());
  if (!command.seed.empty()) {
    const Result<std::uint64_t> seed = parse_seed(command.seed);
    if (!seed) return seed.error();
    plan.first_seed = *seed;
  }
  return plan;
}

void show(const std::vector<ZooEntry>& entries) {
  if (::isatty(STDERR_FILENO) != 1) return;
  std::uint64_t caught = 0;
  std::uint64_t runs = 0;
  for (const ZooEntry& entry : entries) {
    caught += entry.caught;
    runs += entry.seeds;
  }
  fmt::print(stderr, "\r\x1b[K{} runs, {} of {} caught", runs, caught, entries.size());
  std::fflush(stderr);
}

void print_table(const std::vector<ZooEntry>& entries) {
  fmt::print("{:<34} {:>6} {:>8}  {}\n", "bug", "seeds", "seconds", "caught by");
  for (const ZooEntry& entry : entries) {
    fmt::print("{:<34} {:>6} {:>8.1f}  {}\n", entry.bug.empty() ? "(the correct node)" : entry.bug,
               entry.seeds, static_cast<double>(entry.wall_ms) / 1000,
               !entry.error.empty() ? entry.error
               : entry.caught
                   ? fmt::format("{}  ({} --seed {})", entry.cause.kind(), entry.test, entry.seed)
                   : caught_by(entry));
  }
}

std::string command_line(const ZooCommand& command) {
  std::string line = "holdfast zoo";
  for (const std::string& bug : command.bugs) line += " " + bug;
  line += fmt::format(" --seeds {}", command.seeds);
  if (!command.seed.empty()) line += " --seed " + command.seed;
  if (!command.markdown.empty()) line += " --markdown " + command.markdown.string();
  return line;
}

}  // namespace

int zoo(const ZooCommand& command) {
  Result<ZooPlan> plan = plan_of(command);
  if (!plan) return complain(plan.error().message, kExitBadArguments);
  const Result<fs::path> folder = make_run_folder(command.results, "zoo", std::time(nullptr));
  if (!folder) return complain(folder.error().message, kExitHarnessError);
  plan->folder = *folder;
  Zoo zoo(*plan);
  std::vector<ZooEntry> entries;
  {
    const Interruption interruption("\nholdfast: stopping\n", [&zoo] { zoo.interrupt(); });
    entries = zoo.run([&](const std::vector<ZooEntry>& now) {
      if (!command.quiet) show(now);
    });
  }
  if (!command.quiet && ::isatty(STDERR_FILENO) == 1) fmt::print(stderr, "\r\x1b[K");
  print_table(entries);
  const std::string table = zoo_markdown(entries, command_line(command));
  std::ofstream(*folder / "zoo.md") << table;
  std::ofstream(*folder / "zoo.json") << zoo_json(entries);
  if (!command.markdown.empty() && !(std::ofstream(command.markdown) << table)) {
    return complain("cannot write " + command.markdown.string(), kExitHarnessError);
  }
  fmt::print("\nmedian of those caught: {} seeds; {} % of the smallest tests are small\n{}\n",
             median_seeds(entries), small_percent(entries), folder->string());
  // As promised: every bug is seen, and the correct node passes.
  bool good = true;
  std::size_t unfinished = 0;
  for (const ZooEntry& entry : entries) {
    if (!entry.error.empty()) return complain(entry.error, kExitHarnessError);
    unfinished += entry.is_unfinished();
    good = good && (entry.is_unfinished() || entry.caught == !entry.bug.empty());
  }
  if (unfinished > 0) {
    fmt::print("interrupted: {} of {} were not tried to the end, and nothing is known of them\n",
               unfinished, entries.size());
  }
  if (!good) return kExitInvalid;
  return unfinished > 0 ? kExitUnknown : kExitValid;
}

}  // namespace holdfast::harness
