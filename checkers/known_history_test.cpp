#include "checkers/known_history.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace holdfast::checkers {
namespace {

std::vector<std::string> names() {
  return known_histories(HOLDFAST_SOURCE_DIR "/checkers/testdata");
}

std::string text_of(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  return std::get<std::string>(value);
}

class KnownHistories : public testing::TestWithParam<std::string> {};

// What the checkers say by themselves.
TEST_P(KnownHistories, GetTheirStrictVerdict) {
  auto known =
      read_known_history(HOLDFAST_SOURCE_DIR "/checkers/testdata/" + GetParam() + ".jsonl");
  ASSERT_TRUE(known) << known.error().message;
  ASSERT_FALSE(known->expected.empty());
  SCOPED_TRACE(known->about);

  std::map<std::string, CheckResult> results;
  for (CheckResult& result : check(known->inputs())) results[result.checker] = result;

  const CheckResult& lost = results["lost-writes"];
  std::int64_t sum = 0;
  for (const std::string_view name : {"verified", "superseded", "discarded", "lost", "stranded",
                                      "under_replicated", "resurrected", "undecided"}) {
    sum += lost.number(name);
  }
  EXPECT_EQ(lost.number("acknowledged"), sum) << "every acknowledged write has one fate";

  std::map<std::string, std::string> verdicts;
  for (const KnownHistory::Expected& expected : known->expected) {
    if (expected.name == "verdict") verdicts.emplace(expected.checker, expected.value);
    if (expected.name == "strict") verdicts[expected.checker] = expected.value;
    if (expected.name == "verdict" || expected.name == "strict" || expected.name == "allowed" ||
        expected.name == "unavailable" || expected.name == "short_quorum") {
      continue;
    }
    std::string found = "missing";
    for (const auto& [name, value] : results[expected.checker].values) {
      if (name == expected.name) found = text_of(value);
    }
    EXPECT_EQ(found, expected.value) << expected.checker << " " << expected.name;
  }
  for (const auto& [checker, verdict] : verdicts) {
    EXPECT_EQ(to_string(results[checker].verdict), verdict) << checker;
    for (const Anomaly& anomaly : results[checker].anomalies) {
      EXPECT_FALSE(describe(anomaly, known->inputs()).empty());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Testdata, KnownHistories, testing::ValuesIn(names()),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(KnownHistories, AreManyAndOfEachVerdict) {
  EXPECT_GE(names().size(), 60u);
  std::map<std::string, int> verdicts;
  for (const std::string& name : names()) {
    auto known = read_known_history(HOLDFAST_SOURCE_DIR "/checkers/testdata/" + name + ".jsonl");
    ASSERT_TRUE(known) << known.error().message;
    for (const KnownHistory::Expected& expected : known->expected) {
      if (expected.name == "verdict") ++verdicts[expected.value];
    }
  }
  EXPECT_GE(verdicts["valid"], 30);
  EXPECT_GE(verdicts["invalid"], 30);
  EXPECT_GE(verdicts["unknown"], 5);
}

}  // namespace
}  // namespace holdfast::checkers
