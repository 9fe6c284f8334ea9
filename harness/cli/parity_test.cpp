// Every scenario in every world that supports it: the classes of outcome must be the same.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/cli/exit_code.h"
#include "harness/cli/testing/program_fixture.h"
#include "harness/test_file.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

// What a run came to.
struct Comparison {
  int code = -1;
  std::string text;
  std::string verdict;
  std::int64_t operations = 0;
  std::map<std::string, std::int64_t> counts;
};

class Parity : public ProgramTest, public testing::WithParamInterface<std::string> {
 protected:
  std::FILE* start(const std::string& scenario, const std::string& on) const {
    return begin("run " + scenario + " --quiet --seed 7 --results " + on + " --on " + on);
  }
  Comparison finish(std::FILE* pipe, const std::string& scenario, const std::string& on) const {
    const Outcome ended = end(pipe);
    Comparison outcome{ended.code, ended.text, "", 0, {}};
    const fs::path folder = folder_ / on / scenario;
    if (outcome.code < kExitBadArguments) {
      const auto json = nlohmann::json::parse(std::ifstream(folder / "latest/results.json"));
      outcome.verdict = json["verdict"];
      outcome.operations = json["operations"]["total"];
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
};

// Real time makes counts differ: by a fifth, or by what a moment of load makes. A machine that is
// too slow for a scenario's rate misses deadlines, and each missed deadline is a hint.
bool are_alike(const std::string& what, std::int64_t a, std::int64_t b, std::int64_t operations) {
  if (what == "writes lost") return (a == 0) == (b == 0);
  const std::int64_t most = std::max(a, b);
  const std::int64_t slack = std::max<std::int64_t>(most / 5, operations / 5);
  return std::abs(a - b) <= slack;
}

// The runs wait more than they work, so they go on side by side.
TEST_P(Parity, EveryWorldComesToTheSame) {
  const std::string scenario = GetParam();
  std::map<std::string, std::FILE*> pipes;
  for (const std::string on : {"sim", "loopback", "netns"}) pipes[on] = start(scenario, on);
  const Comparison simulated = finish(pipes["sim"], scenario, "sim");
  EXPECT_LT(simulated.code, kExitBadArguments) << simulated.text;
  for (const std::string on : {"loopback", "netns"}) {
    const Comparison real = finish(pipes[on], scenario, on);
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
      EXPECT_TRUE(are_alike(what, count, here, simulated.operations));
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
