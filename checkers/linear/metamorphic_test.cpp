// What must not change a verdict, and what may change it in one direction only.
#include <gtest/gtest.h>

#include <algorithm>

#include "checkers/linear/linearizable.h"
#include "checkers/linear/testing/random_trace.h"

namespace holdfast::checkers {
namespace {

using testing::random_trace;
using testing::Shape;

constexpr int kRuns = 3000;

Verdict verdict_of(const Trace& trace, const Model& model) {
  LinearOptions options;
  options.model = model;
  return check_linearizable(trace, options).verdict;
}

Datum renamed(Datum value) {
  return value.is_number() ? Datum::of(value.number() * 7 + 1000) : value;
}

// Runs `change` on registers of every kind: unique values, repeated ones, with and without cas.
template <class Change>
void for_registers(const char* name, Change&& change) {
  for (const bool unique : {false, true}) {
    for (const bool cas : {false, true}) {
      Shape shape;
      shape.operations = 24;
      shape.unique = unique;
      shape.cas = cas;
      shape.damage_percent = 40;
      Random random(derive_seed(22, name, unique, cas));
      for (int i = 0; i < kRuns; ++i) {
        const Trace trace = random_trace(shape, random);
        change(trace, verdict_of(trace, shape.model), shape.model, random);
        if (::testing::Test::HasFatalFailure()) return;
      }
    }
  }
}

TEST(Metamorphic, NamesAndTimeDoNotMatter) {
  for_registers("names",
                [](const Trace& trace, Verdict verdict, const Model& model, Random& random) {
                  Trace other = trace;
                  const std::int64_t shift = random.between(-1'000'000, 1'000'000);
                  for (Op& op : other.ops) {
                    op.process = 100 - op.process;
                    op.input = renamed(op.input);
                    op.output = renamed(op.output);
                    op.call = op.call * 3 + shift;
                    if (op.ret != kNever_ns) op.ret = op.ret * 3 + shift;
                  }
                  ASSERT_EQ(verdict_of(other, model), verdict);
                });
}

TEST(Metamorphic, KeysAreIndependent) {
  for_registers("keys",
                [](const Trace& trace, Verdict verdict, const Model& model, Random& random) {
                  // The history beside a copy of itself under another key, and beside a valid one.
                  Trace two = trace;
                  two.keys = {"a", "b"};
                  const bool same = random.chance(1, 2);
                  const std::size_t n = trace.ops.size();
                  for (std::size_t i = 0; i < (same ? n : 1); ++i) {
                    Op op = trace.ops[i];
                    op.key = 1;
                    op.process += 50;
                    if (!same) op.action = Action::write;
                    two.ops.push_back(op);
                  }
                  LinearOptions options;
                  options.model = model;
                  const LinearResult one_thread = check_linearizable(two, options);
                  ASSERT_EQ(one_thread.verdict, verdict);
                  options.threads = 4;
                  const LinearResult threads = check_linearizable(two, options);
                  ASSERT_EQ(threads.verdict, verdict);
                  ASSERT_EQ(threads.violations.size(), one_thread.violations.size());
                  for (std::size_t i = 0; i < threads.violations.size(); ++i) {
                    ASSERT_EQ(threads.violations[i].result.violation.text,
                              one_thread.violations[i].result.violation.text);
                  }
                });
}

TEST(Metamorphic, InvisibleReadsDoNotMatter) {
  for_registers("reads",
                [](const Trace& trace, Verdict verdict, const Model& model, Random& random) {
                  Trace other = trace;
                  Op read = trace.ops[random.below(trace.ops.size())];
                  read.action = Action::read;
                  read.outcome = random.chance(1, 2) ? Outcome::fail : Outcome::info;
                  if (read.outcome == Outcome::info) read.ret = kNever_ns;
                  read.output = Datum::of(99);
                  other.ops.push_back(read);
                  ASSERT_EQ(verdict_of(other, model), verdict);
                });
}

TEST(Metamorphic, WiderIntervalsNeverMakeInvalid) {
  for_registers("wider",
                [](const Trace& trace, Verdict verdict, const Model& model, Random& random) {
                  if (verdict != Verdict::valid) return;
                  Trace other = trace;
                  for (Op& op : other.ops) {
                    if (random.chance(1, 2)) op.call -= random.between(0, 5);
                    if (op.ret != kNever_ns && random.chance(1, 2)) op.ret += random.between(0, 5);
                  }
                  ASSERT_EQ(verdict_of(other, model), Verdict::valid);
                });
}

// The evidence is a proof by itself, and nothing can be left out of it.
TEST(Metamorphic, SmallestPartsAreInvalid) {
  std::size_t parts = 0;
  for_registers("parts", [&](const Trace& trace, Verdict verdict, const Model& model, Random&) {
    if (verdict != Verdict::invalid) return;
    LinearOptions options;
    options.model = model;
    const LinearResult result = check_linearizable(trace, options);
    ASSERT_EQ(result.violations.size(), 1U);
    const Violation& violation = result.violations[0].result.violation;
    ASSERT_FALSE(violation.smallest.empty()) << violation.text;
    Trace part = trace;
    part.ops.clear();
    for (const std::uint32_t op : violation.smallest) part.ops.push_back(trace.ops[op]);
    ASSERT_EQ(verdict_of(part, model), Verdict::invalid) << violation.kind << violation.text;
    ++parts;
  });
  EXPECT_GT(parts, 1000U);
}

}  // namespace
}  // namespace holdfast::checkers
