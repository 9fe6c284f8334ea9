// What a finished run left in its folder, as the reports show it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "checkers/verdict.h"
#include "node/base/result.h"
#include "report/timeline.h"

namespace holdfast::report {

// One anomaly, in words.
struct Example {
  std::string kind;  // "lost", "stale", …
  std::string text;
  std::string autopsy;
  std::string reason;  // why it is allowed, or why not
  bool allowed = false;
  bool undecided = false;  // the run ended before it could be told
};

// Times and shares are in units that people read, as in a checker's values.
struct Table {
  std::string name;
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
};

struct CheckerRecord {
  std::string name;
  checkers::Verdict verdict = checkers::Verdict::unknown;
  // In the order of results.json, in units that people read: "worst 13.2 s" for worst_ms.
  std::vector<std::pair<std::string, std::string>> values;
  std::uint64_t anomalies = 0;
  std::uint64_t anomalies_allowed = 0;
  std::vector<std::string> notes;
  std::vector<Example> examples;
  std::vector<Table> tables;

  // Where only allowed anomalies speak against it (--strict, or a test that expects more than its
  // configuration promises), they are the evidence.
  bool allowed_is_evidence() const {
    return verdict == checkers::Verdict::invalid && anomalies == anomalies_allowed;
  }
  // How many anomalies speak against it.
  std::uint64_t evidence() const {
    return allowed_is_evidence() ? anomalies : anomalies - std::min(anomalies, anomalies_allowed);
  }
};

// What one fault kept from its nodes, in units that people read.
struct AbsenceRecord {
  std::string fault;  // "kill n3"
  std::string from, to;
  std::uint64_t missed = 0;  // writes
  std::uint64_t by_hints = 0;
  std::uint64_t by_repair = 0;
  std::uint64_t by_later_writes = 0;
  std::uint64_t still_missing = 0;
  std::string hints_after;  // its end; empty if none came
  std::string equal_after;  // likewise; empty if some never came
};

struct RunRecord {
  std::filesystem::path folder;
  std::string test;
  std::string description;
  std::string cluster;     // "sim", "loopback"
  std::string command;     // the line that repeats it
  std::string trace_hash;  // empty on real processes
  std::uint64_t seed = 0;
  bool strict = false;
  bool interrupted = false;
  double simulated_s = 0;
  double wall_s = 0;
  checkers::Verdict verdict = checkers::Verdict::unknown;
  // Nodes that died by themselves, numbers that the test expected otherwise: each makes it invalid.
  std::vector<std::string> findings;
  std::vector<std::string> notes;
  std::vector<std::string> none_of;  // classes that the test does not allow
  // What distinguishes the configuration: the quorums, who keeps hints, what repairs, and whatever
  // else is not a default. As in a checker's values.
  std::vector<std::pair<std::string, std::string>> settings;
  std::vector<std::string> schedule;  // a fault each, in words
  std::string version;
  std::vector<CheckerRecord> checkers;
  std::vector<AbsenceRecord> absences;  // of the faults by which anything was missed
  Table repair;                         // what it cost, by phase; without rows if nothing
  Timeline timeline;
};

// What a reason explains: "why" an anomaly counts, or that it is "allowed", or would be.
std::string_view reason_label(const RunRecord& run, const CheckerRecord& checker,
                              const Example& example);

// From the texts of results.json and run.json (which may be empty). Nothing for a text that is not
// such a file's.
std::optional<RunRecord> parse_run(std::string_view results, std::string_view run);
// The error names the file that is missing or damaged.
Result<RunRecord> read_run(const std::filesystem::path& folder);

}  // namespace holdfast::report
