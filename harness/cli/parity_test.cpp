// Every scenario in every world that supports it: the classes of outcome must be the same.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "harness/append_file.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/testing/program_fixture.h"
#include "harness/ssh/testing/ssh_hosts.h"
#include "harness/test_file/test_file.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

// What a run came to.
struct Comparison {
  int code = -1;
  std::string text;
  std::string verdict;
  std::map<std::string, std::int64_t> counts;
};

class Parity : public ProgramTest, public testing::WithParamInterface<std::string> {
 protected:
  // As many clients as the load wants, so that nothing waits for another's time-out: what is asked,
  // and when, is then the same however fast a world answers. In bursts it is anyway, and where
  // nothing breaks.
  std::string words(const std::string& on) const {
    const bool as_it_is = test_.parameters.burst_every_ms > 0 || test_.schedule.empty();
    return "run " + GetParam() + " --quiet --seed 7 --results " + on + " --on " + on +
           (as_it_is ? "" : " --set workload.clients=4000");
  }
  // The same on hosts reached by ssh; nothing where the machine cannot play them.
  std::optional<pid_t> start_on_hosts(const nemesis::Word& word) const {
    if (::geteuid() != 0 || !fs::exists("/usr/sbin/sshd")) return std::nullopt;
    const pid_t pid = nemesis::start_in_sandbox(word, [&](const nemesis::Sandbox&) {
      fs::create_directories(folder_ / "hosts");
      const SshHosts hosts(test_.nodes, folder_ / "hosts");
      if (HasFailure()) return 99;
      return run_shell("cd " + folder_.string() + " && TMPDIR=$PWD " + program() + " " +
                       words("ssh") + " --hosts " + hosts.hosts_file().string() + " >ssh.out 2>&1");
    });
    if (!word.hear().starts_with("0 ")) return pid;
    ::waitpid(pid, nullptr, 0);
    return std::nullopt;
  }
  Outcome end_on_hosts(pid_t pid) const {
    int status = 0;
    EXPECT_EQ(::waitpid(pid, &status, 0), pid);
    const auto text = read_file((folder_ / "ssh.out").string());
    return {WEXITSTATUS(status), text ? *text : ""};
  }
  Comparison come_to(const Outcome& ended, const std::string& on) const {
    Comparison outcome{ended.code, ended.text, "", {}};
    const fs::path folder = folder_ / on / GetParam();
    if (outcome.code < kExitBadArguments) {
      const auto json = nlohmann::json::parse(std::ifstream(folder / "latest/results.json"));
      outcome.verdict = json["verdict"];
      const auto& checkers = json["checkers"];
      outcome.counts["hints created"] = checkers["hint-ledger"]["created"];
      outcome.counts["hints delivered"] = checkers["hint-ledger"]["delivered"];
      if (checkers.contains("convergence")) {
        outcome.counts["keys repaired"] = checkers["convergence"].value("repaired_keys", 0);
      }
      outcome.counts["writes lost"] = checkers["lost-writes"]["lost"];
    }
    return outcome;
  }

  const TestFile test_ = *load_test_file(GetParam());
};

// Counts are a scheduler's: a machine that is slow for a moment misses deadlines, each of which is
// a hint, and a load that slips meets less of a fault. Whatever it does, what a scenario is about
// must happen in every world: what there is much of in the simulator is nowhere missing, and
// nothing is lost in one world only.
bool are_alike(const std::string& what, std::int64_t simulated, std::int64_t here) {
  constexpr std::int64_t kMuch = 50;
  if (what == "writes lost") return (simulated == 0) == (here == 0);
  return simulated < kMuch || here > 0;
}

// The runs wait more than they work, so they go on side by side.
TEST_P(Parity, EveryWorldComesToTheSame) {
  const std::string scenario = GetParam();
  std::map<std::string, std::FILE*> pipes;
  for (const std::string on : {"sim", "loopback", "netns"}) pipes[on] = begin(words(on));
  const nemesis::Word word;
  const std::optional<pid_t> on_hosts = start_on_hosts(word);
  const Comparison simulated = come_to(end(pipes["sim"]), "sim");
  EXPECT_LT(simulated.code, kExitBadArguments) << simulated.text;
  std::map<std::string, Outcome> ended;
  for (const std::string on : {"loopback", "netns"}) ended[on] = end(pipes[on]);
  if (on_hosts) ended["ssh"] = end_on_hosts(*on_hosts);
  for (const auto& [on, outcome] : ended) {
    const Comparison real = come_to(outcome, on);
    if (real.code >= kExitBadArguments) {
      std::printf("%s on %s: %s", scenario.c_str(), on.c_str(), real.text.c_str());
      // It cannot inject the faults, or the machine allows no namespaces.
      EXPECT_NE(real.text.find("--on "), std::string::npos) << real.text;
      continue;
    }
    EXPECT_EQ(real.verdict, simulated.verdict) << on << ": " << real.text;
    for (const auto& [what, count] : simulated.counts) {
      const std::int64_t here = real.counts.contains(what) ? real.counts.at(what) : -1;
      std::printf("%s, %s: %ld simulated, %ld on %s\n", scenario.c_str(), what.c_str(),
                  static_cast<long>(count), static_cast<long>(here), on.c_str());
      EXPECT_TRUE(are_alike(what, count, here)) << what << " on " << on;
    }
  }
}

std::vector<std::string> scenario_names() {
  std::vector<std::string> names;
  for (const Scenario& scenario : list_scenarios()) names.emplace_back(scenario.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Scenarios, Parity, testing::ValuesIn(scenario_names()),
                         [](const auto& info) {
                           std::string name;
                           for (const char c : info.param) {
                             if (std::isalnum(static_cast<unsigned char>(c))) name += c;
                           }
                           return name;
                         });

}  // namespace
}  // namespace holdfast::harness
