// Every algorithm against every order of small random histories, and against each other on larger
// ones. HOLDFAST_RUNS=1000000 runs that many of each; by default there are fewer.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "checkers/linear/linearizable.h"
#include "checkers/linear/testing/oracle.h"
#include "checkers/linear/testing/random_trace.h"

namespace holdfast::checkers {
namespace {

using testing::is_linearizable;
using testing::random_trace;
using testing::Shape;

std::uint64_t runs() {
  const char* asked = std::getenv("HOLDFAST_RUNS");
  return asked == nullptr ? 20'000 : std::strtoull(asked, nullptr, 10);
}

std::string print(const Trace& trace) {
  std::string out;
  for (const Op& op : trace.ops) {
    out += describe(trace, op) + (op.outcome == Outcome::fail ? " failed\n" : "\n");
  }
  return out;
}

Verdict check_by(const Trace& trace, const Model& model, Algorithm algorithm) {
  LinearOptions options;
  options.model = model;
  options.algorithm = algorithm;
  return check_linearizable(trace, options).verdict;
}

// `algorithm` must agree with the oracle wherever it decides; it must decide, and both verdicts
// must be common.
void agrees(const char* name, const Shape& shape, Algorithm algorithm, double decided_at_least) {
  Random random(derive_seed(20, name));
  std::uint64_t valid = 0;
  std::uint64_t invalid = 0;
  const std::uint64_t n = runs();
  for (std::uint64_t i = 0; i < n; ++i) {
    const Trace trace = random_trace(shape, random);
    const Verdict verdict = check_by(trace, shape.model, algorithm);
    if (verdict == Verdict::unknown) continue;
    const bool expected = is_linearizable(trace, shape.model);
    ++(expected ? valid : invalid);
    ASSERT_EQ(verdict == Verdict::valid, expected) << name << " " << i << "\n" << print(trace);
  }
  EXPECT_GE(static_cast<double>(valid + invalid), decided_at_least * static_cast<double>(n));
  EXPECT_GT(valid * 7, n) << name;
  EXPECT_GT(invalid * 7, n) << name;
}

Shape shape_of(ModelKind kind) {
  Shape shape;
  shape.model.kind = kind;
  if (kind == ModelKind::counter) shape.model.initial = Datum::of(0);
  return shape;
}

TEST(LinearProperty, ZonesAgreeWithEveryOrder) {
  Shape shape = shape_of(ModelKind::reg);
  shape.unique = true;
  agrees("zones", shape, Algorithm::zones, 1.0);
}

TEST(LinearProperty, CasZonesAgreeWithEveryOrder) {
  Shape shape = shape_of(ModelKind::reg);
  shape.unique = true;
  shape.cas = true;
  agrees("cas zones", shape, Algorithm::zones, 1.0);
  shape.unknown_percent = 50;
  agrees("cas zones, many unknown", shape, Algorithm::zones, 1.0);
}

TEST(LinearProperty, SearchAgreesWithEveryOrder) {
  Shape shape = shape_of(ModelKind::reg);
  agrees("search", shape, Algorithm::search, 1.0);
  shape.values = 2;
  shape.unknown_percent = 40;
  agrees("search, two values", shape, Algorithm::search, 1.0);
  shape.unique = true;
  agrees("search, unique", shape, Algorithm::search, 1.0);
}

TEST(LinearProperty, CasSearchAgreesWithEveryOrder) {
  Shape shape = shape_of(ModelKind::reg);
  shape.cas = true;
  agrees("cas search", shape, Algorithm::search, 1.0);
  shape.unknown_percent = 40;
  shape.processes = 8;
  agrees("cas search, many unknown", shape, Algorithm::search, 1.0);
  shape.unique = true;
  agrees("cas search, unique", shape, Algorithm::search, 1.0);
}

TEST(LinearProperty, TheAutomaticChoiceAgreesWithEveryOrder) {
  Shape shape = shape_of(ModelKind::reg);
  agrees("automatic", shape, Algorithm::automatic, 1.0);
  shape.cas = true;
  agrees("automatic cas", shape, Algorithm::automatic, 1.0);
}

TEST(LinearProperty, NilReadsMatchAnything) {
  Shape shape = shape_of(ModelKind::reg);
  shape.cas = true;
  shape.model.nil_read_matches_any = true;
  agrees("nil reads", shape, Algorithm::automatic, 1.0);
}

TEST(LinearProperty, ModelSearchAgreesWithEveryOrder) {
  Shape shape = shape_of(ModelKind::reg);
  shape.cas = true;
  agrees("register by model", shape, Algorithm::model, 1.0);
  agrees("counter", shape_of(ModelKind::counter), Algorithm::model, 1.0);
  agrees("queue", shape_of(ModelKind::fifo_queue), Algorithm::model, 1.0);
  agrees("append", shape_of(ModelKind::append), Algorithm::model, 1.0);
  shape = shape_of(ModelKind::mutex);
  agrees("mutex", shape, Algorithm::model, 1.0);
  shape = shape_of(ModelKind::fifo_queue);
  shape.unique = true;
  agrees("queue, unique", shape, Algorithm::model, 1.0);
  shape = shape_of(ModelKind::set);
  shape.removals = true;
  agrees("set with removals", shape, Algorithm::model, 1.0);
}

TEST(LinearProperty, SetBlocksAgreeWithEveryOrder) {
  Shape shape = shape_of(ModelKind::set);
  shape.unique = true;
  agrees("set blocks", shape, Algorithm::set_blocks, 1.0);
}

// Larger histories: the algorithms against each other.
void agree_with_each_other(const char* name, const Shape& shape, Algorithm one, Algorithm other) {
  Random random(derive_seed(21, name));
  for (std::uint64_t i = 0; i < runs() / 10; ++i) {
    const Trace trace = random_trace(shape, random);
    ASSERT_EQ(check_by(trace, shape.model, one), check_by(trace, shape.model, other))
        << name << " " << i << "\n"
        << print(trace);
  }
}

TEST(LinearProperty, AlgorithmsAgreeOnLargerHistories) {
  Shape shape = shape_of(ModelKind::reg);
  shape.operations = 60;
  shape.processes = 6;
  shape.damage_percent = 30;
  shape.unknown_percent = 5;
  agree_with_each_other("repeated", shape, Algorithm::search, Algorithm::model);
  shape.cas = true;
  agree_with_each_other("cas", shape, Algorithm::search, Algorithm::model);
  shape.unique = true;
  agree_with_each_other("cas, unique", shape, Algorithm::search, Algorithm::zones);
  shape.cas = false;
  agree_with_each_other("unique", shape, Algorithm::search, Algorithm::zones);
}

}  // namespace
}  // namespace holdfast::checkers
