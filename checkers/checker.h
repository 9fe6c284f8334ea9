// A checker: a pure function from what was observed of a run to a verdict with evidence.
//
// Checkers report every anomaly and know no promises: by their own verdict any anomaly is invalid.
// Which anomalies the configuration allowed is for harness/promises to say.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "checkers/fault_record.h"
#include "checkers/final_state.h"
#include "checkers/history.h"
#include "checkers/verdict.h"
#include "node/base/time.h"

namespace holdfast::checkers {

class WriteIndex;

// An index into History::operations.
using OperationIndex = std::uint32_t;
inline constexpr OperationIndex kNoOperation = 0xffffffff;
inline constexpr KeyId kNoKey = 0xffffffff;

// What can be wrong (anomalies.def has each class, its checker, its promise and its definition).
enum class AnomalyClass : std::uint8_t {
#define ANOMALY(name, checker, promise, text) name,
#include "checkers/anomalies.def"
#undef ANOMALY
};
inline constexpr std::size_t kAnomalyClasses = 0
#define ANOMALY(name, checker, promise, text) +1
#include "checkers/anomalies.def"
#undef ANOMALY
    ;
struct AnomalyEntry {
  std::string_view name;     // as in results.json
  std::string_view checker;  // that finds it
  std::string_view promise;  // that it may break
  std::string_view text;     // what it is
};
const AnomalyEntry& entry_of(AnomalyClass kind);
std::string_view to_string(AnomalyClass kind);
std::optional<AnomalyClass> parse_anomaly_class(std::string_view text);

// One anomaly, compact: a run may have a million. What it says in words: describe().
struct Anomaly {
  AnomalyClass kind = AnomalyClass::lost;
  bool allowed = false;      // by the configuration and the injected faults
  bool undecided = false;    // not allowed, but the run ended before it could be told
  std::uint16_t reason = 0;  // index into CheckResult::reasons: why it is allowed, or not
  NodeId node = kNoNode;
  NodeId destination = kNoNode;             // of a hint
  OperationIndex operation = kNoOperation;  // the operation concerned
  OperationIndex other = kNoOperation;      // the one it conflicts with: missed, superseding, …
  KeyId key = kNoKey;
  std::int64_t amount = 0;  // stale: age in ns; discarded: the clock difference needed, in ns; …
};

// An anomaly in words.
struct Example {
  AnomalyClass kind = AnomalyClass::lost;
  OperationIndex operation = kNoOperation;
  OperationIndex other = kNoOperation;
  std::string key;
  std::vector<NodeId> nodes;
  std::string text;
  bool allowed = false;
  bool undecided = false;
  std::string reason;
  std::string autopsy;  // the fate of each copy, where one was made
};

// Numbers by label, for people and reports: latency by phase, staleness by age, …
struct Table {
  struct Row {
    std::string label;
    std::vector<std::int64_t> numbers;
  };
  std::string name;
  std::vector<std::string> columns;  // the label's first
  std::vector<Row> rows;
};

using Value = std::variant<std::int64_t, bool, std::string>;

struct CheckResult {
  std::string checker;
  Verdict verdict = Verdict::unknown;
  // The least verdict whatever the promises say: unknown where something could not be judged.
  Verdict floor = Verdict::valid;
  std::vector<std::string> notes;                     // why it is unknown, what was left out
  std::vector<std::pair<std::string, Value>> values;  // in the order of results.json
  std::vector<Table> tables;
  std::vector<Anomaly> anomalies;  // all of them
  std::vector<std::string> reasons = {""};
  std::vector<Example> examples;  // a bounded number; filled by add_examples()

  void set(std::string_view name, Value value);
  // 0 unless `name` is a number.
  std::int64_t number(std::string_view name) const;
  std::uint64_t count(AnomalyClass kind) const;
  std::uint64_t count_allowed(AnomalyClass kind) const;
};

// What the checkers need to know of the configuration, and what was measured while the run ended.
struct Facts {
  // Configuration. 0 is "no limit" for caps.
  std::optional<Duration> tombstone_grace;  // unset: tombstones are kept for ever
  bool hints_off = false;
  Duration hint_window = Duration::max();
  Duration hint_max_age = Duration::max();
  std::uint64_t hint_max_count = 0;
  std::uint64_t hint_max_bytes = 0;
  std::uint64_t hint_max_count_per_destination = 0;
  std::uint64_t hint_max_bytes_per_destination = 0;
  std::uint64_t hint_bytes_most = 0;              // of one hint, key and value
  std::uint64_t handoff_bytes_per_s = 0;          // of one holder
  std::uint64_t handoff_burst_bytes = 0;          // that may go beyond it at once
  std::uint64_t handoff_receive_bytes_per_s = 0;  // of one destination
  std::uint64_t handoff_batch_bytes = 0;          // the largest batch
  std::uint64_t handoff_batch_count = 0;          // records of a batch; 0: not known
  std::uint64_t handoff_concurrency = 0;          // batches under way
  Duration handoff_timeout{0};                    // of a batch that gets no answer
  Duration heartbeat_interval{0};                 // how often a node looks after its hints
  bool rows_survive_power_loss = true;
  bool hints_survive_power_loss = true;
  std::optional<Duration> deadline;  // within which every operation must end
  // Whether anything but the write itself and hints brings rows to their owners: read repair, or
  // anti-entropy.
  bool repairs = true;
  Duration hint_delay{0};  // from a write's invocation: its last hint is stored by then

  // Measured. after_ms: from the end of the faults until the owners were found equal.
  struct Convergence {
    std::optional<std::int64_t> after_ms;
    std::optional<std::int64_t> bound_ms;
    std::uint64_t repaired_keys = 0;
    std::uint64_t hash_comparisons = 0;
    std::uint64_t bytes = 0;
    std::optional<bool> silent;  // unset: not observed
    // Hints were still waiting when there had been time for all of them, and for as much again.
    bool drain_overdue = false;
  };
  Convergence convergence;
  // From when on every hint had been delivered and no fault was in effect.
  std::int64_t handoff_ended_ns = kNever_ns;
  // What the drain waited for when it was cut short, by its own limit or by an interruption, before
  // the time was over that backlog and throttles need. Empty: it was not.
  std::string drain_waits_for;
  // How far the nodes' clocks were apart without any injected fault.
  Duration clock_difference{0};
};

struct Inputs {
  const History& history;
  const FinalState& final_state;  // an empty one: there are no dumps
  std::span<const FaultRecord> faults;
  const Facts& facts;
};

struct Checker {
  std::string_view name;  // as in results.json
  std::string_view help;
  CheckResult (*check)(const Inputs& inputs, const WriteIndex& writes);
};

// All checkers, in the order of reports.
std::span<const Checker> all_checkers();
const Checker* find_checker(std::string_view name);

// Runs the named checkers, or all if `names` is empty. REQUIRES: the names exist.
std::vector<CheckResult> check(const Inputs& inputs, std::span<const std::string> names = {});

// One sentence on an anomaly.
std::string describe(const Anomaly& anomaly, const Inputs& inputs);
// Fills result.examples: of each class the first `most` that are not allowed and as many allowed.
void add_examples(CheckResult& result, const Inputs& inputs, std::size_t most = 5);
// The worst of all.
Verdict overall(std::span<const CheckResult> results);

}  // namespace holdfast::checkers
