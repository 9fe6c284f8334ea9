#include "harness/cli/real_trial.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <vector>

#include "harness/append_file.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/worlds.h"
#include "harness/runner.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> arguments_of(const CampaignPlan& plan, const std::string& name,
                                      std::uint64_t seed, const fs::path& results) {
  std::vector<std::string> words = {
      "holdfast",           "run",     name,        "--on",          plan.on, "--seed",
      std::to_string(seed), "--quiet", "--results", results.string()};
  for (const std::string& setting : plan.settings) words.insert(words.end(), {"--set", setting});
  for (const std::string& each : plan.expectations) words.insert(words.end(), {"--expect", each});
  if (plan.strict) words.push_back("--strict");
  return words;
}

// What the program prints goes to the file. Returns its exit code; 255 if it was killed.
Result<int> run_program(std::vector<std::string> words, const fs::path& output) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) return fail("cannot start a process");
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // with the campaign; a killed run leaves nothing
    ::signal(SIGPIPE, SIG_DFL);
    const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ::dup2(file, STDOUT_FILENO);
    ::dup2(file, STDERR_FILENO);
    ::execv("/proc/self/exe", argv.data());
    ::_exit(kExitHarnessError);
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : kExitHarnessError;
}

// Of a quiet run: "<verdict> <folder>", or what went wrong.
std::string last_line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  text.erase(0, text.rfind('\n') + 1);
  constexpr std::string_view kProgram = "holdfast: ";
  return text.starts_with(kProgram) ? text.substr(kProgram.size()) : text;
}

// Why the world cannot run the test, if it is known before anything is started.
Result<std::string> obstacle(const CampaignPlan& plan, const std::string& name,
                             std::uint64_t seed) {
  if (plan.on != "loopback") return std::string();  // namespaces can do all
  const Result<TestFile> test = resolve_test(plan, name, seed);
  if (!test) return test.error();
  WorldOptions world;
  world.on = plan.on;
  const std::unique_ptr<Cluster> cluster = make_world(*test, world);
  RunOptions options;
  options.seed = seed;
  const auto found = Runner(*test, *cluster, options).obstacle();
  return found ? found->text : std::string();
}

}  // namespace

Result<TrialResult> try_on_real_processes(const CampaignPlan& plan, const std::string& name,
                                          std::uint64_t seed, const fs::path& results) {
  Result<std::string> why_not = obstacle(plan, name, seed);
  if (!why_not) return why_not.error();
  if (!why_not->empty()) {
    TrialResult result;
    result.left_out = std::move(*why_not);
    return result;
  }
  std::error_code error;
  fs::create_directories(results, error);
  const fs::path output = results / "output";
  const Result<int> code = run_program(arguments_of(plan, name, seed, results), output);
  if (!code) return code.error();
  const auto printed = read_file(output.string());
  const std::string said = printed ? last_line(*printed) : "";
  if (*code == kExitHarnessError || *code == kExitBadArguments) {
    return fail(said.empty() ? "the run said nothing" : said);
  }
  const fs::path folder = said.substr(said.find(' ') + 1);
  const auto text = read_file((folder / "results.json").string());
  if (!text) return text.error();
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object()) return fail((folder / "results.json").string() + ": expected an object");
  TrialResult result;
  result.folder = folder.string();
  result.verdict = *code == kExitValid     ? checkers::Verdict::valid
                   : *code == kExitInvalid ? checkers::Verdict::invalid
                                           : checkers::Verdict::unknown;
  result.simulated_ms = static_cast<std::int64_t>(json.value("simulated_s", 0.0) * 1000);
  if (result.verdict != checkers::Verdict::valid) result.causes = causes_of(*text);
  return result;
}

}  // namespace holdfast::harness
