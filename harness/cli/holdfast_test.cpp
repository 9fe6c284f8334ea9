// The program as its users see it: exit codes, files, one line for each error.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "harness/append_file.h"
#include "harness/cli/testing/program_fixture.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

class Holdfast : public ProgramTest {
 protected:
  void put(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }
  nlohmann::json results(const std::string& test) const {
    return nlohmann::json::parse(std::ifstream(folder_ / "results" / test / "latest/results.json"));
  }
};

TEST_F(Holdfast, RunsJudgesAndRepeatsBySeed) {
  const Outcome first = holdfast("run steady --seed 7 --set keys=200");
  EXPECT_EQ(first.code, 0) << first.text;
  EXPECT_NE(first.text.find("repeat with: holdfast run steady --seed 7 --set keys=200"),
            first.text.npos);
  EXPECT_NE(first.text.find("VALID  steady on sim, seed 7"), first.text.npos);
  const auto results = this->results("steady");
  EXPECT_EQ(results["verdict"], "valid");
  EXPECT_EQ(results["seed"], 7);
  EXPECT_EQ(results["checkers"]["lost-writes"]["lost"], 0);
  for (const char* file : {"run.json", "history.jsonl", "faults.jsonl", "final.jsonl",
                           "report.html", "junit.xml", "nodes/n1/events.jsonl"}) {
    EXPECT_TRUE(fs::exists(folder_ / "results/steady/latest" / file)) << file;
  }
  holdfast("run steady --seed 7 --set keys=200");
  EXPECT_EQ(this->results("steady")["trace_hash"], results["trace_hash"]);
  holdfast("run steady --seed 8 --set keys=200");
  EXPECT_NE(this->results("steady")["trace_hash"], results["trace_hash"]);
}

TEST_F(Holdfast, ALossThatIsAllowedIsInvalidWhenStrict) {
  EXPECT_EQ(holdfast("run sloppy-w1-holder-lost --quiet").code, 0);
  const Outcome strict = holdfast("run sloppy-w1-holder-lost --strict");
  EXPECT_EQ(strict.code, 1);
  EXPECT_NE(strict.text.find("lost-writes: invalid"), strict.text.npos);
  EXPECT_NE(strict.text.find("fate: "), strict.text.npos);
  EXPECT_EQ(holdfast("check results/sloppy-w1-holder-lost/latest").code, 1);
  EXPECT_EQ(holdfast("report results/sloppy-w1-holder-lost/latest").code, 0);
}

// Judging again takes nothing away: the same version says the same, to the byte.
TEST_F(Holdfast, JudgedAgainARunIsTheSameToTheByte) {
  put("purge.json", R"({"name": "purge", "nodes": 5,
    "node": {"r": 1, "w": 1, "quorum": "sloppy", "hint_holder": "coordinator", "tombstone_gc":
             "grace", "tombstone_grace_ms": 5000, "anti_entropy": "on_demand"},
    "workload": {"name": "script", "operations": ["7s write k1 on n2", "20s delete k1 on n1",
                 "70s read k1 on n5", "end read k1"]},
    "schedule": [{"at": "1s", "fault": "kill", "on": "n5", "for": "15s"},
                 {"at": "10s", "fault": "kill", "on": "n2", "for": "50s"},
                 {"at": "12s", "fault": "clock", "on": "n3", "offset_ms": 3000}]})");
  for (const std::string test : {"purge.json", "sloppy-w1-holder-lost", "steady --set keys=300"}) {
    const Outcome run = holdfast("run " + test + " --strict --quiet");
    ASSERT_LT(run.code, 3) << run.text;
    const fs::path folder =
        run.text.substr(run.text.find('/'), run.text.find('\n') - run.text.find('/'));
    std::map<std::string, std::string> before;
    for (const char* file : {"results.json", "report.html", "junit.xml"}) {
      before[file] = *read_file((folder / file).string());
    }
    EXPECT_EQ(holdfast("check " + folder.string()).code, run.code);
    for (const auto& [file, text] : before) {
      EXPECT_TRUE(text == *read_file((folder / file).string())) << test << ": " << file;
    }
  }
}

TEST_F(Holdfast, BadArgumentsAreOneLineAnd254AndLeaveNothing) {
  put("broken.json", "{\n  \"name\": \"x\",\n");
  put("unknown.json", "{\n  \"name\": \"x\",\n  \"nodez\": 3\n}\n");
  for (const char* words : {"",
                            "nonsense",
                            "cluster",
                            "run",
                            "run nowhere",
                            "run broken.json",
                            "run unknown.json",
                            "run steady --seed x",
                            "run steady --set nope=1",
                            "run steady --set node.w=4",
                            "run steady --on mars",
                            "run partition-heal --on loopback",
                            "check nowhere",
                            "report .",
                            "list",
                            "list things",
                            "cluster up --nodes 0",
                            "zoo nobug",
                            "run .",
                            "run steady --seed 18446744073709551616"}) {
    const Outcome outcome = holdfast(words);
    EXPECT_EQ(outcome.code, 254) << words << "\n" << outcome.text;
    EXPECT_EQ(std::count(outcome.text.begin(), outcome.text.end(), '\n'), 1) << outcome.text;
  }
  EXPECT_NE(holdfast("run unknown.json").text.find("unknown.json:3: "), std::string::npos);
  for (const auto& [words, said] : std::vector<std::pair<const char*, const char*>>{
           {"rn steady", "there is no word \"rn\"; did you mean \"run\"?"},
           {"rn --seed 3", "there is no word \"rn\"; did you mean \"run\"?"},
           {"frobnicate", "there is no word \"frobnicate\"; there are run, check"},
           {"cluster down", "there is no word \"down\"; there is only up"},
           {"cluster", "a word is missing; there is only up"},
           {"run steady --sede 3", "there is no option \"--sede\"; did you mean \"--seed\"?"},
           {"run hint-holder-cras", "did you mean \"hint-holder-crash\"?"},
           {"zoo nobug", "holdfast list bugs"}}) {
    EXPECT_NE(holdfast(words).text.find(said), std::string::npos)
        << words << ": " << holdfast(words).text;
  }
  EXPECT_FALSE(fs::exists(folder_ / "results/partition-heal"));
}

TEST_F(Holdfast, WhatTheHarnessCannotGetPastIs255) {
  const Outcome missing = holdfast("run steady --on loopback --node-program /nowhere");
  EXPECT_EQ(missing.code, 255);
  EXPECT_NE(missing.text.find("cannot start /nowhere: No such file"), missing.text.npos);
  EXPECT_FALSE(fs::exists(folder_ / "results/steady")) << "nothing ran, nothing stays";
  EXPECT_EQ(holdfast("run steady --results /proc/nope").code, 255);
}

TEST_F(Holdfast, ListsWhatThereIs) {
  for (const char* what :
       {"scenarios", "workloads", "nemeses", "checkers", "models", "bugs", "config"}) {
    const Outcome outcome = holdfast(std::string("list ") + what);
    EXPECT_EQ(outcome.code, 0);
    EXPECT_GT(std::count(outcome.text.begin(), outcome.text.end(), '\n'), 2) << what;
    std::istringstream lines(outcome.text);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(line.size(), 105U) << line;  // columns count characters, of which some are "…"
    }
  }
  EXPECT_NE(holdfast("list config").text.find("hint_window"), std::string::npos);
}

// A run on real processes, killed in its middle: its prefix can be judged, its nodes are gone.
TEST_F(Holdfast, JudgesHistoriesOfOtherSystems) {
  put("good.edn",
      "{:process 0, :type :invoke, :f :write, :value 1}\n"
      "{:process 0, :type :ok, :f :write, :value 1}\n"
      "{:process 1, :type :invoke, :f :read, :value nil}\n"
      "{:process 1, :type :ok, :f :read, :value 1}\n");
  put("bad.edn",
      "{:process 0, :type :invoke, :f :write, :value 1}\n"
      "{:process 0, :type :ok, :f :write, :value 1}\n"
      "{:process 1, :type :invoke, :f :read, :value nil}\n"
      "{:process 1, :type :ok, :f :read, :value 2}\n");
  put("broken.edn",
      "{:process 0, :type :invoke, :f ]}\n"
      "{:process 0, :type :ok, :f :write, :value 1}\n");
  EXPECT_EQ(holdfast("check good.edn --model register").code, 0);
  EXPECT_EQ(holdfast("check good.edn bad.edn").code, 1);
  EXPECT_EQ(holdfast("check .").code, 254) << "one of the folder's files is broken";
  EXPECT_NE(holdfast("check broken.edn").text.find("broken.edn:1:32: expected a name"),
            std::string::npos);
  EXPECT_EQ(holdfast("check broken.edn").code, 254);
  const Outcome missing = holdfast("check missing.json");
  EXPECT_EQ(missing.code, 254);
  EXPECT_EQ(missing.text, "holdfast: missing.json: No such file or directory\n");
  EXPECT_EQ(holdfast("check good.edn --model nonsense").code, 254);
  // What was written in another format is read like any file, and so is standard input.
  EXPECT_EQ(holdfast("check bad.edn --write written.jsonl").code, 1);
  EXPECT_EQ(holdfast("check written.jsonl").code, 1);
  EXPECT_EQ(holdfast("check - < bad.edn").code, 1);
  EXPECT_EQ(holdfast("check bad.edn --write packed.edn.gz").code, 1);
  const Outcome piped = holdfast("check - --json - < packed.edn.gz");
  EXPECT_EQ(piped.code, 1);
  EXPECT_NE(piped.text.find("\"file\": \"<stdin>\""), piped.text.npos) << piped.text;
  EXPECT_EQ(holdfast("check good.edn bad.edn --json verdicts.json --quiet").code, 1);
  EXPECT_TRUE(nlohmann::json::accept(std::ifstream(folder_ / "verdicts.json")));
}

TEST_F(Holdfast, AKilledRunCanBeJudged) {
  const pid_t run = ::fork();
  if (run == 0) {
    ::chdir(folder_.c_str());
    std::freopen("/dev/null", "w", stderr);
    ::execl(program().c_str(), "holdfast", "run", "steady", "--on", "loopback", "--quiet", "--set",
            "workload.rate=500", nullptr);
    ::_exit(127);
  }
  std::this_thread::sleep_for(std::chrono::seconds(3));
  ::kill(run, SIGKILL);
  ::waitpid(run, nullptr, 0);
  const fs::path folder = *fs::directory_iterator(folder_ / "results/steady");
  EXPECT_EQ(holdfast("replay " + folder.string() + " --until 1s").code, 254)
      << "a real run cannot be stopped at a moment of another";
  const Outcome judged = holdfast("check " + folder.string());
  EXPECT_EQ(judged.code, 2) << judged.text;  // nobody knows what the nodes held
  EXPECT_NE(judged.text.find("lost-writes: unknown"), judged.text.npos) << judged.text;
}

}  // namespace
}  // namespace holdfast::harness
