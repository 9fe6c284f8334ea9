#include "harness/promises/promises.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "checkers/known_history.h"
#include "harness/promises/autopsy.h"
#include "node/core/settings.h"

namespace holdfast::harness {
namespace {

using checkers::AnomalyClass;
using checkers::CheckResult;
using checkers::KnownHistory;
using checkers::Verdict;

std::string path_of(const std::string& name) {
  return HOLDFAST_SOURCE_DIR "/checkers/testdata/" + name + ".jsonl";
}

std::vector<std::string> names() {
  return checkers::known_histories(HOLDFAST_SOURCE_DIR "/checkers/testdata");
}

std::string text_of(const checkers::Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  return std::get<std::string>(value);
}

// A known history with its nodes' configuration, judged.
class Judged {
 public:
  explicit Judged(const std::string& name, bool strict = false, bool virtual_time = true) {
    auto read = checkers::read_known_history(path_of(name));
    EXPECT_TRUE(read) << read.error().message;
    known = std::move(*read);
    for (const auto& [setting, value] : known.config) {
      const auto set = node::set(config, setting, value);
      EXPECT_TRUE(set) << set.error().message;
    }
    expect_same_facts();
    results = check(known.inputs());
    PromiseInputs inputs{known.inputs(), config, known.nodes, virtual_time, strict, {}, events};
    verdict = judge(results, inputs);
  }

  const CheckResult& of(std::string_view checker) const {
    for (const CheckResult& result : results) {
      if (result.checker == checker) return result;
    }
    std::abort();
  }

  KnownHistory known;
  node::Config config;
  std::vector<std::vector<PromiseInputs::NodeEvent>> events;
  std::vector<CheckResult> results;
  Verdict verdict = Verdict::unknown;

 private:
  // What the file's reader knows of the configuration is what facts_of() makes of it.
  void expect_same_facts() const {
    const checkers::Facts facts = facts_of(config, 0);
    EXPECT_EQ(facts.hints_off, known.facts.hints_off);
    EXPECT_EQ(facts.hint_window, known.facts.hint_window);
    EXPECT_EQ(facts.handoff_bytes_per_s, known.facts.handoff_bytes_per_s);
    EXPECT_EQ(facts.hint_max_age, known.facts.hint_max_age);
    EXPECT_EQ(facts.tombstone_grace, known.facts.tombstone_grace);
    EXPECT_EQ(facts.repairs, known.facts.repairs);
    EXPECT_EQ(facts.hint_delay, known.facts.hint_delay);
    EXPECT_EQ(facts.hint_max_count, known.facts.hint_max_count);
    EXPECT_EQ(facts.hint_max_count_per_destination, known.facts.hint_max_count_per_destination);
    EXPECT_EQ(facts.rows_survive_power_loss, known.facts.rows_survive_power_loss);
    EXPECT_EQ(facts.hints_survive_power_loss, known.facts.hints_survive_power_loss);
  }
};

class JudgedHistories : public testing::TestWithParam<std::string> {};

TEST_P(JudgedHistories, GetTheirVerdict) {
  const Judged judged(GetParam());
  SCOPED_TRACE(judged.known.about);
  for (const KnownHistory::Expected& expected : judged.known.expected) {
    const CheckResult& result = judged.of(expected.checker);
    if (expected.name == "strict") continue;
    if (expected.name == "verdict") {
      EXPECT_EQ(to_string(result.verdict), expected.value) << expected.checker;
      continue;
    }
    std::string found = "missing";
    for (const auto& [name, value] : result.values) {
      if (name == expected.name) found = text_of(value);
    }
    EXPECT_EQ(found, expected.value) << expected.checker << " " << expected.name;
  }
  for (const CheckResult& result : judged.results) {
    for (const checkers::Example& example : result.examples) {
      EXPECT_FALSE(example.text.empty());
      EXPECT_FALSE(example.reason.empty()) << example.text;
    }
  }
}

// --strict makes every allowed anomaly invalid, and changes nothing else: what the run ended too
// early for stays unknown.
TEST_P(JudgedHistories, AreInvalidIfStrictWithAnyAnomaly) {
  const Judged judged(GetParam(), true);
  for (const CheckResult& result : judged.results) {
    const bool decided = std::ranges::any_of(
        result.anomalies, [](const checkers::Anomaly& anomaly) { return !anomaly.undecided; });
    const Verdict otherwise = result.anomalies.empty() ? result.floor : Verdict::unknown;
    EXPECT_EQ(to_string(result.verdict), to_string(decided ? Verdict::invalid : otherwise))
        << result.checker;
  }
}

INSTANTIATE_TEST_SUITE_P(Testdata, JudgedHistories, testing::ValuesIn(names()),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Promises, NameTheReason) {
  const Judged judged("lost-with-its-holder");
  const CheckResult& result = judged.of("lost-writes");
  ASSERT_EQ(result.examples.size(), 1u);
  EXPECT_TRUE(result.examples[0].allowed);
  EXPECT_EQ(result.examples[0].reason,
            "every copy that was acknowledged was destroyed: n4's disk was wiped at 0.200 s");
  EXPECT_EQ(result.examples[0].text,
            "the write of 1 to a at 0.010 s through n4 is on no node: no row and no hint has its "
            "version or a newer one");
}

TEST(Promises, NameTheWriteThatTheReasonIsOf) {
  const Judged judged("under-replicated-another-write-unhinted");
  const CheckResult& result = judged.of("lost-writes");
  ASSERT_FALSE(result.examples.empty());
  for (const checkers::Example& example : result.examples) {
    const bool is_the_first = example.text.find("the write of 1 ") != std::string::npos;
    EXPECT_EQ(example.reason,
              std::string("nothing repaired what hints left out: ") +
                  (is_the_first ? "" : "of another write of the key, at 0.010 s through n1, ") +
                  "the coordinator n1 went down before it could store a hint")
        << example.text;
  }
}

// A fault is excused by the effects it declares, whatever its name.
TEST(Promises, AMadeUpFaultIsExcusedAsDeclared) {
  using Effects = checkers::FaultEffects;
  const auto verdict_with = [](Effects effects) {
    Judged judged("lost-with-its-holder");
    EXPECT_EQ(judged.known.faults.size(), 1U);
    judged.known.faults[0].name = "coffee-on-the-rack";
    judged.known.faults[0].effects = effects;
    std::vector<CheckResult> results = check(judged.known.inputs());
    const PromiseInputs inputs{judged.known.inputs(), judged.config, 5, true, false, {},
                               judged.events};
    judge(results, inputs);
    return results[0].verdict;
  };
  const auto dies = Effects::Stop::dies;
  EXPECT_EQ(verdict_with({.stop = dies, .loss = Effects::Loss::everything}), Verdict::valid);
  EXPECT_EQ(verdict_with({.loss = Effects::Loss::latent}), Verdict::valid);
  EXPECT_EQ(verdict_with({.stop = dies}), Verdict::invalid);
  EXPECT_EQ(verdict_with({.stop = dies, .loss = Effects::Loss::unsynced}), Verdict::invalid);
  EXPECT_EQ(verdict_with({.traffic = Effects::Traffic::cut}), Verdict::invalid);
}

TEST(Promises, OneClassMayBeForbidden) {
  Judged judged("lost-with-its-holder");
  PromiseInputs inputs{judged.known.inputs(), judged.config, 5, true, false, {}, judged.events};
  std::vector<CheckResult> results = check(judged.known.inputs());
  inputs.never_allowed = {AnomalyClass::stale};
  EXPECT_EQ(judge(results, inputs), Verdict::unknown);  // no reads, no ledger, nothing invalid
  results = check(judged.known.inputs());
  inputs.never_allowed = {AnomalyClass::lost};
  EXPECT_EQ(judge(results, inputs), Verdict::invalid);
}

TEST(Promises, SlowMachinesAreExcusedInRealTimeOnly) {
  EXPECT_EQ(Judged("late").of("availability").verdict, Verdict::invalid);
  EXPECT_EQ(Judged("late", false, false).of("availability").verdict, Verdict::valid);
  EXPECT_EQ(Judged("converged-too-late", false, false).of("convergence").verdict, Verdict::valid);
}

TEST(Promises, ReadsOfDeletedValuesAreResurrections) {
  const Judged judged("stale-shows-a-deleted-value");
  const CheckResult& result = judged.of("stale-reads");
  EXPECT_EQ(result.count(AnomalyClass::resurrected), 1u);
  EXPECT_EQ(result.count(AnomalyClass::stale), 0u);
  EXPECT_NE(result.examples[0].text.find("returned 1, which the delete of a"), std::string::npos)
      << result.examples[0].text;
}

TEST(Promises, BoundGrowsWithTheBacklog) {
  node::Config config;
  const Duration idle = convergence_bound(config, {});
  config.handoff_send_bytes_per_s = 1000;
  const Duration throttled = convergence_bound(config, {100, 100'000, 0});
  EXPECT_GE(throttled, idle + std::chrono::seconds(100));
  config.handoff_receive_bytes_per_s = 100;
  EXPECT_GE(convergence_bound(config, {100, 100'000, 0}), idle + std::chrono::seconds(1000));
}

TEST(Autopsy, TellsTheFateOfEachCopy) {
  Judged judged("lost-with-its-holder");
  judged.events.resize(5);
  const checkers::Operation& write = judged.known.history.operations[0];
  const auto add = [&](NodeId node, std::int64_t at_ms, node::EventKind kind, NodeId peer) {
    node::Event event;
    event.kind = kind;
    event.peer = peer;
    event.id = write.id;
    judged.events[node].push_back({at_ms * 1'000'000, event});
  };
  add(3, 11, node::EventKind::hint_stored, 2);
  const PromiseInputs inputs{judged.known.inputs(), judged.config, 5, true, false, {},
                             judged.events};
  const std::vector<checkers::OperationIndex> wanted = {0};
  EXPECT_EQ(Autopsy(inputs, wanted).of(0),
            "n4 stored a hint for n3 at 0.011 s; n4 acknowledged it as holder of a hint for n3 at "
            "0.012 s; n4's disk was wiped at 0.200 s; in the end no dumped node has it.");
}

TEST(Autopsy, TellsWhereAWriteStillIs) {
  const Judged judged("stranded-while-the-destination-is-down");
  const CheckResult& result = judged.of("lost-writes");
  ASSERT_EQ(result.examples.size(), 1u);
  EXPECT_NE(result.examples[0].autopsy.find("a hint with it waits on n4"), std::string::npos)
      << result.examples[0].autopsy;
}

}  // namespace
}  // namespace holdfast::harness
