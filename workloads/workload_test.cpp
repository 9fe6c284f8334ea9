#include "workloads/workload.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "workloads/key_distribution.h"
#include "workloads/mix.h"
#include "workloads/pace.h"

namespace holdfast::workloads {
namespace {

using checkers::Function;

struct Timed {
  std::int64_t at_ns = 0;
  Request request;
};

// All operations, asked for by a client that is always free.
std::vector<Timed> play(Workload& workload) {
  std::vector<Timed> all;
  std::int64_t now_ns = 0;
  for (;;) {
    const Step step = workload.next(now_ns);
    if (step.kind == Step::Kind::done) return all;
    if (step.kind == Step::Kind::wait) {
      EXPECT_GT(step.until_ns, now_ns);
      now_ns = step.until_ns;
    } else {
      all.push_back({now_ns, step.request});
    }
  }
}

std::vector<Timed> play(std::string_view name, const Parameters& parameters, Duration duration = {},
                        std::uint64_t seed = 1) {
  return play(*find_workload(name)->make(parameters, duration, seed));
}

TEST(Register, WritesEveryKeyFirstAndValuesAreUnique) {
  Parameters parameters;
  parameters.keys = 500;
  std::set<std::uint64_t> written;
  std::set<std::int64_t> values;
  std::size_t writes = 0;
  std::size_t deletes = 0;
  std::size_t reads = 0;
  for (const auto& [at, request] : play("register", parameters)) {
    if (request.function == Function::write) {
      ++writes;
      written.insert(request.key);
      EXPECT_TRUE(values.insert(request.value).second);
      EXPECT_GT(request.value, 0);
    } else {
      EXPECT_TRUE(written.contains(request.key)) << "only keys written before";
      EXPECT_EQ(request.value, checkers::kNil);
      ++(request.function == Function::del ? deletes : reads);
    }
  }
  EXPECT_EQ(written.size(), 500U);
  EXPECT_EQ(writes + deletes, 835U);
  EXPECT_EQ(deletes, 6U);
  EXPECT_EQ(reads, 835U);
}

TEST(Register, MostWritesAreTheLastOfTheirKey) {
  Parameters parameters;
  parameters.keys = 2000;
  parameters.reads_per_mille = 0;
  const auto all = play("register", parameters);
  EXPECT_GE(parameters.keys * 100 / all.size(), 59U) << "per cent verifiable in the end";
}

TEST(Register, OverwritesComeAllAlong) {
  Parameters parameters;
  parameters.keys = 1000;
  parameters.reads_per_mille = 0;
  const auto all = play("register", parameters);
  std::set<std::uint64_t> written;
  for (std::size_t i = 0; i < all.size() / 2; ++i) written.insert(all[i].request.key);
  EXPECT_GT(written.size(), 450U);
  EXPECT_LT(written.size(), 550U);
}

TEST(Register, IsAFunctionOfItsSeedNotOfTime) {
  Parameters parameters;
  parameters.keys = 300;
  parameters.rate = 100;
  const auto paced = play("register", parameters);
  parameters.rate = 0;
  const auto fast = play("register", parameters);
  const auto other = play("register", parameters, {}, 2);
  ASSERT_EQ(paced.size(), fast.size());
  std::size_t same = 0;
  for (std::size_t i = 0; i < paced.size(); ++i) {
    EXPECT_EQ(paced[i].request.key, fast[i].request.key);
    EXPECT_EQ(paced[i].request.value, fast[i].request.value);
    same += other[i].request.key == fast[i].request.key ? 1 : 0;
  }
  EXPECT_LT(same, paced.size() / 4);
}

TEST(Register, RateSpreadsEvenly) {
  Parameters parameters;
  parameters.keys = 1000;
  parameters.rate = 500;
  std::map<std::int64_t, int> per_second;
  const auto all = play("register", parameters);
  for (const auto& each : all) ++per_second[each.at_ns / 1'000'000'000];
  for (const auto& [second, count] : per_second) {
    if (second == static_cast<std::int64_t>(all.size() / 500)) continue;  // cut short
    EXPECT_EQ(count, 500) << second;
  }
}

TEST(Register, DurationSpreadsInBursts) {
  Parameters parameters;
  parameters.keys = 1000;
  parameters.burst_every_ms = 600'000;
  std::map<std::int64_t, int> bursts;
  const auto all = play("register", parameters, std::chrono::hours(36));
  for (const auto& each : all) ++bursts[each.at_ns];
  EXPECT_EQ(bursts.size(), 216U);
  for (const auto& [at_ns, count] : bursts) {
    EXPECT_EQ(at_ns % 600'000'000'000, 0);
    EXPECT_NEAR(count, static_cast<int>(all.size()) / 216, 1);
  }
}

TEST(Register, RateAndDurationMakeTheNumber) {
  Parameters parameters;
  parameters.keys = 100;
  parameters.rate = 1000;
  EXPECT_NEAR(static_cast<double>(play("register", parameters, std::chrono::seconds(5)).size()),
              5000, 2);
}

TEST(Set, InsertsOnceThenReadsAll) {
  Parameters parameters;
  parameters.keys = 200;
  parameters.reads_per_mille = 100;
  auto workload = find_workload("set")->make(parameters, {}, 3);
  std::set<std::uint64_t> inserted;
  for (const auto& [at, request] : play(*workload)) {
    const bool inserts = request.function == Function::write;
    EXPECT_TRUE(!inserts || inserted.insert(request.key).second);
    EXPECT_NE(request.function, Function::del);
  }
  EXPECT_EQ(inserted.size(), 200U);
  std::set<std::uint64_t> read;
  for (Step step = workload->next_final(); step.kind == Step::Kind::request;
       step = workload->next_final()) {
    EXPECT_EQ(step.request.function, Function::read);
    read.insert(step.request.key);
  }
  EXPECT_EQ(read, inserted);
}

TEST(KeyDistribution, ZipfIsSkewedAsItsExponentSays) {
  KeyDistribution zipf(KeyChoice::zipf, 1000, 1000);
  Random random(1);
  std::vector<int> counts(1000);
  for (int i = 0; i < 200'000; ++i) ++counts[zipf.draw(1000, random)];
  // The harmonic number of 1000 is 7.485.
  EXPECT_NEAR(counts[0], 200'000 / 7.485, 800);
  EXPECT_NEAR(counts[9], 200'000 / 7.485 / 10, 250);
  for (int i = 0; i < 10'000; ++i) EXPECT_LT(zipf.draw(7, random), 7U);
}

TEST(KeyDistribution, ZipfOfExponentZeroIsUniform) {
  KeyDistribution zipf(KeyChoice::zipf, 10, 0);
  Random random(1);
  std::vector<int> counts(10);
  for (int i = 0; i < 100'000; ++i) ++counts[zipf.draw(10, random)];
  for (int count : counts) EXPECT_NEAR(count, 10'000, 500);
}

TEST(KeyDistribution, ZipfDrawsTheSameEverywhere) {
  KeyDistribution zipf(KeyChoice::zipf, 100'000, 990);
  Random random(7);
  std::uint64_t digest = 0;
  for (int i = 0; i < 1000; ++i) digest = mix64(digest ^ zipf.draw(100'000, random));
  EXPECT_EQ(digest, 0x70f73699e51aa19fULL) << std::hex << digest;
}

TEST(Pace, LongLoadsDoNotOverflow) {
  const std::uint64_t day_ns = 86'400'000'000'000;
  const Pace pace(1'000'000'000, 365 * day_ns, 0);
  EXPECT_EQ(pace.due_ns(0), 0);
  EXPECT_EQ(pace.due_ns(500'000'000), static_cast<std::int64_t>(365 * day_ns / 2));
  EXPECT_LT(pace.due_ns(999'999'999), static_cast<std::int64_t>(365 * day_ns));
}

TEST(Parameters, AreReadAndWrittenByName) {
  Parameters parameters;
  for (const ParameterDoc& doc : parameter_docs()) {
    EXPECT_EQ(parameter(parameters, doc.name), doc.default_value);
    EXPECT_TRUE(set_parameter(parameters, doc.name, doc.default_value)) << doc.name;
  }
  EXPECT_TRUE(set_parameter(parameters, "overwrite_ratio", "0.67"));
  EXPECT_EQ(parameters.overwrites_per_mille, 670U);
  EXPECT_TRUE(set_parameter(parameters, "read_ratio", "0.05"));
  EXPECT_EQ(parameters.reads_per_mille, 50U);
  EXPECT_EQ(parameter(parameters, "read_ratio"), "0.05");
}

TEST(Parameters, RefuseWhatTheyCannotMean) {
  const std::pair<const char*, const char*> bad[] = {
      {"keys", "0"},          {"keys", "many"},           {"read_ratio", "1"},
      {"read_ratio", "-0.5"}, {"read_ratio", "0.12345"},  {"key_distribution", "normal"},
      {"clients", "10.5"},    {"value_bytes", "2000000"}, {"nothing", "1"}};
  for (const auto& [name, value] : bad) {
    Parameters parameters;
    const auto result = set_parameter(parameters, name, value);
    ASSERT_FALSE(result) << name << "=" << value;
    EXPECT_NE(result.error().message.find(name), std::string::npos);
  }
}

}  // namespace
}  // namespace holdfast::workloads
