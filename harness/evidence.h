// Everything a verdict on a run rests on: kept in memory while it runs, or read back from its
// folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "checkers/checker.h"
#include "harness/absence.h"
#include "harness/promises/promises.h"
#include "harness/repair_meter.h"
#include "harness/test_file/test_file.h"
#include "node/base/result.h"

namespace holdfast::harness {

struct Evidence {
  TestFile test;
  std::string cluster;  // "sim", "loopback"
  std::uint64_t seed = 1;
  checkers::History history;
  checkers::FinalState final_state;  // empty: there are no dumps
  std::vector<checkers::FaultRecord> faults;
  checkers::Facts facts;
  Absence absence;
  std::vector<RepairCost> repair;                             // by phase
  std::vector<std::vector<PromiseInputs::NodeEvent>> events;  // by node; may be empty
  bool complete = true;                // false: interrupted, or read from a killed run
  std::vector<std::string> incidents;  // that no fault explains
  std::vector<std::string> failures;   // of the harness
  std::vector<std::string> notes;      // what could not be read, what was left out

  bool virtual_time() const { return cluster == "sim"; }
};

// Reads run.json, history.jsonl, faults.jsonl and what there is of final.jsonl and results.json.
Result<Evidence> load_evidence(const std::filesystem::path& folder);

struct Judgement {
  checkers::Verdict verdict = checkers::Verdict::unknown;
  std::vector<checkers::CheckResult> checks;
  std::string results_json;  // the text of results.json
};

// What a run measured beside what it is judged by.
struct RunFigures {
  double simulated_s = 0;
  double wall_s = 0;
  std::uint64_t events = 0;
  std::uint64_t messages = 0;
  std::uint64_t trace_hash = 0;
  std::uint64_t faults = 0;
  std::uint32_t repair_rounds = 0;
  // Hints pending in all, in the course of the run.
  struct Sample {
    std::int64_t at_ns = 0;
    std::uint64_t pending = 0;
  };
  std::vector<Sample> hints_pending;
};

// Runs the workload's checkers, weighs their anomalies against the promises, and the numbers
// against what the test expects.
Judgement judge_evidence(const Evidence& evidence, const RunFigures& figures);

}  // namespace holdfast::harness
