// A test: cluster, load, faults, phases and what is expected, as one JSON file with comments
// (scenarios/schema.json describes it).
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nemesis/random_plan.h"
#include "nemesis/schedule.h"
#include "node/base/result.h"
#include "node/base/time.h"
#include "node/core/config.h"
#include "workloads/parameters.h"

namespace holdfast::harness {

// The simulated network. Real clusters ignore it. What links lose or reorder is a fault ("link").
struct NetworkSettings {
  Duration delay{200};   // of a message between nodes, one way: at least
  Duration jitter{600};  // uniform on top
  bool streams = false;  // messages travel as bytes, split at random, as over TCP
};

struct PhaseSettings {
  Duration load{0};  // zero: until the workload's operations are done
  // The drain gives up then. Zero: after twice the time that backlog and throttles need, and an
  // hour at least.
  Duration drain_most{0};
  std::uint32_t anti_entropy_rounds_most = 20;
  // With periodic anti-entropy: start no rounds, rely on the period alone.
  bool anti_entropy_by_period = false;
};

// What the test wants beyond what the configuration promises.
struct Expectation {
  // Classes of anomalies ("lost", "stale", …) that make the run invalid even where allowed.
  std::vector<std::string> none_of;
  // Numbers of results.json, by their path ("checkers/hint-ledger/created").
  struct Range {
    std::optional<std::int64_t> min, max;
    // Only in the simulator: elsewhere a slow machine misses deadlines, which makes the number.
    bool simulated_only = false;
    std::string where;  // that it was read from: "x.json:12", "--expect"; for messages
  };
  std::map<std::string, Range> results;
  std::string dropped;  // in words: ranges that a changed setting made meaningless, and which
};

struct TestFile {
  std::string name;  // also the folder's under results/
  std::string description;
  std::uint16_t nodes = 5;
  std::optional<std::uint64_t> seed;  // else the command line's, else 1
  node::Config config;
  NetworkSettings network;
  std::string workload = "register";
  workloads::Parameters parameters;
  nemesis::Schedule schedule;
  std::optional<nemesis::RandomPlan> random;
  bool protect = false;  // never destroy data on more than one node; true for random plans
  PhaseSettings phases;
  Expectation expect;
  bool strict = false;
};

// `where` is the file's name for messages: "<where>:<line>: what was expected". The result is
// valid on its own; settings given later need validate().
Result<TestFile> parse_test_file(std::string_view text, std::string_view where);
// A scenario's name, or the path of a file.
Result<TestFile> load_test_file(const std::string& scenario_or_path);

// --set: "node.hint_window_ms=1000", "workload.keys=5", "nodes=3", "phases.load_ms=1000"; a name
// alone ("keys=5") where only one section has it.
Result<> apply_setting(TestFile& test, std::string_view assignment);
// --set and --expect together: what a test file's numbers were expected of is the test as the file
// has it, so any setting that is really changed drops them. `expectations`: "path=min..max",
// "path=5..", "path=..5", "path=5".
Result<> apply_overrides(TestFile& test, const std::vector<std::string>& settings,
                         const std::vector<std::string>& expectations = {});
// Refuses what contradicts itself: W > N, N > nodes, a schedule that names a missing node.
Result<> validate(const TestFile& test);

// The complete test, defaults included: parse_test_file() reads it back.
nlohmann::ordered_json to_json(const TestFile& test);
// The text of scenarios/schema.json, made from the registries.
std::string test_file_schema();

// Ready-made tests, built into the program.
struct Scenario {
  std::string_view name;
  std::string_view text;
};
std::vector<Scenario> list_scenarios();  // by name

}  // namespace holdfast::harness
