// What a checker of traces says, and the registry of all of them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "checkers/checker.h"
#include "checkers/linear/linearizable.h"
#include "checkers/trace/trace.h"

namespace holdfast::checkers {

// One thing that is wrong, with the operations that show it.
struct Finding {
  std::string kind;
  std::string text;
  std::vector<std::uint32_t> ops;       // positions in trace.ops
  std::vector<std::string> details;     // further lines for a person
  std::vector<std::uint32_t> smallest;  // a smallest sub-history that shows it, where one was made
};

struct Judgement {
  std::string checker;
  Verdict verdict = Verdict::valid;
  std::vector<std::pair<std::string, std::int64_t>> counts;
  std::vector<Table> tables;
  std::vector<Finding> findings;   // the first of them
  std::vector<std::string> notes;  // why it is unknown, what was left out

  static constexpr std::size_t kMostFindings = 10;

  void count(std::string name, std::uint64_t number) {
    counts.emplace_back(std::move(name), static_cast<std::int64_t>(number));
  }
  // Counts as wrong.
  void find(std::string kind, std::string text, std::vector<std::uint32_t> ops) {
    verdict = Verdict::invalid;
    if (findings.size() >= kMostFindings) return;
    findings.push_back({std::move(kind), std::move(text), std::move(ops), {}, {}});
  }
  void unknown(std::string why) {
    verdict = worst(verdict, Verdict::unknown);
    notes.push_back(std::move(why));
  }
};

struct TraceChecker {
  std::string_view name;
  std::string_view means;   // what a valid verdict says
  std::string_view blind;   // what it cannot see
  std::string_view cost;    // complexity
  std::string_view source;  // the paper or program that defined it
  Judgement (*check)(const Trace& trace, const LinearOptions& options);
};

// Judges each key's operations by themselves (`ops`: positions in trace.ops) and sums up. Tables
// are kept if there is one key.
Judgement judge_by_key(const Trace& trace,
                       Judgement (*judge)(const Trace& trace, std::span<const std::uint32_t> ops));

// A valid verdict becomes unknown where what `count` counts is none.
void unknown_if_none(Judgement& judgement, std::string_view count, const char* why);

// In the order of reports.
std::span<const TraceChecker> all_trace_checkers();
const TraceChecker* find_trace_checker(std::string_view name);
// Those that fit a trace when nobody chose.
std::vector<const TraceChecker*> fitting_checkers(const Trace& trace);
// The tables of docs/checkers.md.
std::string checkers_as_markdown();
std::string models_as_markdown();

Judgement judge_linearizable(const Trace& trace, const LinearOptions& options);
Judgement judge_sessions(const Trace& trace, const LinearOptions& options);
Judgement judge_staleness(const Trace& trace, const LinearOptions& options);
Judgement judge_sequential(const Trace& trace, const LinearOptions& options);
Judgement judge_causal(const Trace& trace, const LinearOptions& options);
Judgement judge_set(const Trace& trace, const LinearOptions& options);
Judgement judge_set_full(const Trace& trace, const LinearOptions& options);
Judgement judge_counter(const Trace& trace, const LinearOptions& options);
Judgement judge_total_queue(const Trace& trace, const LinearOptions& options);
Judgement judge_unique_ids(const Trace& trace, const LinearOptions& options);

}  // namespace holdfast::checkers
