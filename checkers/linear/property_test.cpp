// Every model and algorithm against every order of small random histories, and the algorithms
// against each other on larger ones. RapidCheck runs them, and prints a history that fails with
// whatever can be left out of it left out. By default 5,000 histories each from a fixed seed;
// RC_PARAMS="max_success=1000000" runs a million each from a new one (docs/checkers.md).
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdlib>
#include <ostream>
#include <string>
#include <utility>

#include "checkers/linear/linearizable.h"
#include "checkers/linear/testing/oracle.h"
#include "checkers/linear/testing/random_trace.h"

namespace holdfast::checkers {

void showValue(const Trace& trace, std::ostream& out) {
  for (const Op& op : trace.ops) {
    out << "\n" << describe(trace, op) << (op.outcome == Outcome::fail ? " failed" : "");
  }
}

namespace {

using testing::is_linearizable;
using testing::random_trace;
using testing::Shape;

// What RapidCheck does unless RC_PARAMS is set already.
[[maybe_unused]] const int kDefaults = ::setenv("RC_PARAMS", "max_success=5000 seed=20", 0);

// Histories of our own generator, which knows what a plausible one is; smaller ones lack an
// operation.
rc::Gen<Trace> histories(const Shape& shape) {
  return [shape](const rc::Random& random, int) {
    Random ours(rc::Random(random).next());
    return rc::shrinkable::shrinkRecur(random_trace(shape, ours), [](const Trace& trace) {
      return rc::seq::map(
          rc::seq::range<std::size_t>(0, trace.ops.size()), [trace](std::size_t without) {
            Trace smaller = trace;
            smaller.ops.erase(smaller.ops.begin() + static_cast<std::ptrdiff_t>(without));
            return smaller;
          });
    });
  };
}

Verdict check_by(const Trace& trace, const Model& model, Algorithm algorithm) {
  LinearOptions options;
  options.model = model;
  options.algorithm = algorithm;
  return check_linearizable(trace, options).verdict;
}

struct Case {
  const char* name;
  Shape shape;
  std::vector<Algorithm> algorithms;
};

template <class Set>
Case a_case(const char* name, ModelKind kind, std::vector<Algorithm> algorithms, Set&& set) {
  Case one{name, {}, std::move(algorithms)};
  one.shape.model.kind = kind;
  if (kind == ModelKind::counter) one.shape.model.initial = Datum::of(0);
  set(one.shape);
  return one;
}

std::vector<Case> cases() {
  using enum Algorithm;
  const auto plain = [](Shape&) {};
  const auto unique = [](Shape& shape) { shape.unique = true; };
  return {
      a_case("Register", ModelKind::reg, {search, model, automatic}, plain),
      a_case("RegisterOfTwoValues", ModelKind::reg, {search, model, automatic},
             [](Shape& shape) {
               shape.values = 2;
               shape.unknown_percent = 40;
             }),
      a_case("RegisterUnique", ModelKind::reg, {zones, search, model, automatic}, unique),
      a_case("CasRegister", ModelKind::reg, {search, model, automatic},
             [](Shape& shape) { shape.cas = true; }),
      a_case("CasRegisterManyUnknown", ModelKind::reg, {search, model, automatic},
             [](Shape& shape) {
               shape.cas = true;
               shape.unknown_percent = 40;
               shape.processes = 8;
             }),
      a_case("CasRegisterUnique", ModelKind::reg, {zones, search, model, automatic},
             [](Shape& shape) { shape.cas = shape.unique = true; }),
      a_case("CasRegisterUniqueManyUnknown", ModelKind::reg, {zones, search, automatic},
             [](Shape& shape) {
               shape.cas = shape.unique = true;
               shape.unknown_percent = 50;
             }),
      a_case("CasRegisterWhereNilReadsSawNothing", ModelKind::reg, {search, model, automatic},
             [](Shape& shape) {
               shape.cas = true;
               shape.model.nil_read_matches_any = true;
             }),
      a_case("Counter", ModelKind::counter, {model, automatic}, plain),
      a_case("Set", ModelKind::set, {model, automatic}, plain),
      a_case("SetUnique", ModelKind::set, {set_blocks, model, automatic}, unique),
      a_case("SetWithRemovals", ModelKind::set, {model, automatic},
             [](Shape& shape) { shape.removals = true; }),
      a_case("Queue", ModelKind::fifo_queue, {model, automatic}, plain),
      a_case("QueueUnique", ModelKind::fifo_queue, {model, automatic}, unique),
      a_case("Mutex", ModelKind::mutex, {model, automatic}, plain),
      a_case("Append", ModelKind::append, {model, automatic}, plain),
      a_case("ListAppend", ModelKind::list_append, {model, automatic}, plain),
      a_case("ListAppendUnique", ModelKind::list_append, {list_order, model, automatic}, unique),
  };
}

class EveryOrder : public ::testing::TestWithParam<Case> {};

TEST_P(EveryOrder, IsWhatTheAlgorithmsAgreeWith) {
  const Shape& shape = GetParam().shape;
  std::uint64_t valid = 0;
  std::uint64_t invalid = 0;
  const bool passed = rc::check(GetParam().name, [&] {
    const Trace trace = *histories(shape);
    const Verdict expected =
        is_linearizable(trace, shape.model) ? Verdict::valid : Verdict::invalid;
    ++(expected == Verdict::valid ? valid : invalid);
    for (const Algorithm algorithm : GetParam().algorithms) {
      RC_LOG() << name_of(algorithm) << std::endl;
      RC_ASSERT(check_by(trace, shape.model, algorithm) == expected);
    }
  });
  ASSERT_TRUE(passed);
  // Both verdicts are common.
  EXPECT_GT(valid * 5, valid + invalid);
  EXPECT_GT(invalid * 5, valid + invalid);
  std::printf("%llu valid, %llu invalid\n", static_cast<unsigned long long>(valid),
              static_cast<unsigned long long>(invalid));
}

INSTANTIATE_TEST_SUITE_P(LinearProperty, EveryOrder, ::testing::ValuesIn(cases()),
                         [](const auto& info) { return std::string(info.param.name); });

// Larger histories: the algorithms against each other.
void agree_with_each_other(const char* name, const Shape& shape, Algorithm one, Algorithm other) {
  EXPECT_TRUE(rc::check(name, [&] {
    const Trace trace = *histories(shape);
    RC_ASSERT(check_by(trace, shape.model, one) == check_by(trace, shape.model, other));
  }));
}

TEST(LinearProperty, AlgorithmsAgreeOnLargerHistories) {
  Shape shape;
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
