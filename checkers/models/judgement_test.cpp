// Each checker on small histories written by hand, valid and invalid.
#include "checkers/models/judgement.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "checkers/formats/trace_file.h"

namespace holdfast::checkers {
namespace {

// Lines such as "0 invoke write 3" as EDN.
Trace history(std::initializer_list<const char*> lines) {
  std::string text;
  for (const char* line : lines) {
    std::string words(line);
    const auto cut = [&] {
      const std::size_t space = words.find(' ');
      std::string word = words.substr(0, space);
      words = space == words.npos ? "nil" : words.substr(space + 1);
      return word;
    };
    const std::string process = cut();
    const std::string type = cut();
    const std::string f = cut();
    std::string version;
    const std::size_t at = words.find(" @");
    if (at != words.npos) {
      version = " :version " + words.substr(at + 2);
      words.resize(at);
    }
    text += "{:process " + process + " :type :" + type + " :f :" + f + " :value " + words + version;
    text += " :time " + std::to_string(text.size() * 1'000'000) + "}\n";
  }
  Result<TraceFile> file = parse_trace(text, "h");
  EXPECT_TRUE(file) << (file ? "" : file.error().message);
  return file ? std::move(file->trace) : Trace{};
}

std::int64_t number(const Judgement& judgement, std::string_view name) {
  for (const auto& [key, value] : judgement.counts) {
    if (key == name) return value;
  }
  return -1;
}

TEST(Judgement, LinearizableNamesAStaleRead) {
  const Trace trace = history({"0 invoke write 1", "0 ok write 1", "0 invoke write 2",
                               "0 ok write 2", "1 invoke read", "1 ok read 1"});
  const Judgement judgement = judge_linearizable(trace, {});
  EXPECT_EQ(judgement.verdict, Verdict::invalid);
  ASSERT_EQ(judgement.findings.size(), 1U);
  EXPECT_EQ(judgement.findings[0].kind, "stale-read");
  EXPECT_EQ(judgement.findings[0].ops.size(), 3U);
}

TEST(Judgement, LinearizableExplainsASearch) {
  const Trace trace =
      history({"0 invoke write 1", "0 ok write 1", "0 invoke write 2", "0 ok write 2",
               "1 invoke write 1", "2 invoke read", "2 ok read 2", "1 ok write 1", "0 invoke read",
               "0 ok read 1", "0 invoke write 2", "0 ok write 2", "2 invoke read", "2 ok read 1"});
  // A quick proof, and the search's own.
  LinearOptions options;
  EXPECT_EQ(judge_linearizable(trace, options).findings.at(0).kind, "stale-read");
  options.algorithm = Algorithm::search;
  const Judgement judgement = judge_linearizable(trace, options);
  EXPECT_EQ(judgement.verdict, Verdict::invalid);
  ASSERT_EQ(judgement.findings.size(), 1U);
  EXPECT_EQ(judgement.findings[0].kind, "search");
  EXPECT_FALSE(judgement.findings[0].details.empty());
  // The last read, and the writes that matter to it.
  EXPECT_LE(judgement.findings[0].smallest.size(), 4U);
}

// A model of one's own: a register that only grows.
class Ratchet : public SequentialModel {
 public:
  ModelState initial() const override { return {0}; }
  bool step(ModelState& state, const Op& op) const override {
    const Datum value = op.action == Action::read ? op.output : op.input;
    if (!value.is_number()) return false;
    const auto number = static_cast<std::uint64_t>(value.number());
    if (op.action == Action::read) return state[0] == number;
    state[0] = std::max(state[0], number);
    return true;
  }
  std::string text(const ModelState& state) const override { return std::to_string(state[0]); }
};

TEST(Judgement, TakesAModelOfOnesOwn) {
  const Trace trace = history({"0 invoke write 3", "0 ok write 3", "0 invoke write 2",
                               "0 ok write 2", "1 invoke read", "1 ok read 3"});
  EXPECT_EQ(judge_linearizable(trace, {}).verdict, Verdict::invalid);
  const Ratchet ratchet;
  LinearOptions options;
  options.model.kind = ModelKind::own;
  options.model.own = &ratchet;
  EXPECT_EQ(judge_linearizable(trace, options).verdict, Verdict::valid);
}

TEST(Judgement, SearchSaysUnknownPastItsLimits) {
  const Trace trace =
      history({"0 invoke write 1", "1 invoke write 2", "2 invoke write 1", "3 invoke cas [1 2]",
               "4 invoke cas [2 1]", "0 ok write 1", "1 ok write 2", "2 ok write 1", "3 ok cas",
               "4 ok cas", "0 invoke read", "0 ok read 3"});
  LinearOptions options;
  options.algorithm = Algorithm::search;
  options.limits.configurations = 1;
  options.limits.bytes = 1;
  const Judgement judgement = judge_linearizable(trace, options);
  EXPECT_EQ(judgement.verdict, Verdict::unknown);
  ASSERT_EQ(judgement.notes.size(), 1U);
  EXPECT_NE(judgement.notes[0].find("linearizable up to"), std::string::npos);
}

TEST(Judgement, SessionsFindWhatBreaksAcrossKeys) {
  const auto judged = [](std::initializer_list<const char*> lines) {
    return judge_sessions(history(lines), {});
  };
  // 0 writes x, then y; 1 sees y, and then an older x.
  Judgement result = judged({"2 invoke write [x 0]", "2 ok write [x 0] @1", "0 invoke write [x 1]",
                             "0 ok write [x 1] @2", "0 invoke write [y 1]", "0 ok write [y 1] @3",
                             "1 invoke read [y nil]", "1 ok read [y 1] @3", "1 invoke read [x nil]",
                             "1 ok read [x 0] @1"});
  EXPECT_EQ(result.verdict, Verdict::invalid);
  EXPECT_EQ(number(result, "across_keys"), 1);
  ASSERT_EQ(result.findings.size(), 1U);
  EXPECT_EQ(result.findings[0].kind, "monotonic-writes-across-keys");
  EXPECT_EQ(result.findings[0].ops, (std::vector<std::uint32_t>{1, 2, 3, 4}));
  // 0 reads x, then writes y; 1 sees y, and then writes an older x.
  result = judged({"2 invoke write [x 0]", "2 ok write [x 0] @5", "0 invoke read [x nil]",
                   "0 ok read [x 0] @5", "0 invoke write [y 1]", "0 ok write [y 1] @6",
                   "1 invoke read [y nil]", "1 ok read [y 1] @6", "1 invoke write [x 7]",
                   "1 ok write [x 7] @4"});
  EXPECT_EQ(number(result, "across_keys"), 1);
  ASSERT_EQ(result.findings.size(), 1U);
  EXPECT_EQ(result.findings[0].kind, "writes-follow-reads-across-keys");
  // The other way round nothing is known: x before y.
  result = judged({"2 invoke write [x 0]", "2 ok write [x 0] @1", "0 invoke write [x 1]",
                   "0 ok write [x 1] @2", "0 invoke write [y 1]", "0 ok write [y 1] @3",
                   "1 invoke read [x nil]", "1 ok read [x 0] @1", "1 invoke read [y nil]",
                   "1 ok read [y 1] @3"});
  EXPECT_EQ(result.verdict, Verdict::valid);
}

TEST(Judgement, SetsAndQueuesAreJudgedByKey) {
  // The element 1 was added to a only, and the last read of all is one of b.
  const Trace sets = history({"0 invoke add [a 1]", "0 ok add [a 1]", "0 invoke add [b 2]",
                              "0 ok add [b 2]", "1 invoke read [a nil]", "1 ok read [a #{1}]",
                              "1 invoke read [b nil]", "1 ok read [b #{2}]"});
  EXPECT_EQ(judge_set(sets, {}).verdict, Verdict::valid);
  EXPECT_EQ(judge_set_full(sets, {}).verdict, Verdict::valid);
  EXPECT_EQ(number(judge_set_full(sets, {}), "stable"), 2);
  const Trace wrong = history({"0 invoke add [a 1]", "0 ok add [a 1]", "0 invoke add [b 1]",
                               "0 ok add [b 1]", "1 invoke read [a nil]", "1 ok read [a #{}]",
                               "1 invoke read [b nil]", "1 ok read [b #{1}]"});
  EXPECT_EQ(number(judge_set(wrong, {}), "lost"), 1);
  EXPECT_EQ(number(judge_set_full(wrong, {}), "lost"), 1);
  const Trace queues = history({"0 invoke enqueue [a 1]", "0 ok enqueue [a 1]",
                                "1 invoke dequeue [b nil]", "1 ok dequeue [b 1]"});
  EXPECT_EQ(number(judge_total_queue(queues, {}), "lost"), 1);
  EXPECT_EQ(number(judge_total_queue(queues, {}), "unexpected"), 1);
}

TEST(Judgement, SessionsFindEachGuaranteeBroken) {
  const auto judge = [](std::initializer_list<const char*> lines) {
    return judge_sessions(history(lines), {});
  };
  EXPECT_EQ(
      judge({"0 invoke write 1", "0 ok write 1 @1", "0 invoke read", "0 ok read 1 @1"}).verdict,
      Verdict::valid);
  EXPECT_EQ(
      number(judge({"0 invoke write 1", "0 ok write 1 @5", "0 invoke read", "0 ok read 2 @4"}),
             "read_your_writes"),
      1);
  EXPECT_EQ(number(judge({"0 invoke read", "0 ok read 1 @5", "0 invoke read", "0 ok read 2 @4"}),
                   "monotonic_reads"),
            1);
  EXPECT_EQ(
      number(judge({"0 invoke write 1", "0 ok write 1 @5", "0 invoke write 2", "0 ok write 2 @4"}),
             "monotonic_writes"),
      1);
  EXPECT_EQ(
      number(judge({"0 invoke read", "0 ok read 1 @5", "0 invoke write 2", "0 ok write 2 @4"}),
             "writes_follow_reads"),
      1);
  EXPECT_EQ(judge({"0 invoke read", "0 ok read 1 @5", "1 invoke read", "1 ok read 2 @4"}).verdict,
            Verdict::valid);
  EXPECT_EQ(judge({"0 invoke read", "0 ok read 1"}).verdict, Verdict::unknown);
}

TEST(Judgement, StalenessCountsVersionsAndTime) {
  const Judgement judgement = judge_staleness(
      history({"0 invoke write 1", "0 ok write 1 @1", "0 invoke write 2", "0 ok write 2 @2",
               "0 invoke write 3", "0 ok write 3 @3", "1 invoke read", "1 ok read 1 @1",
               "1 invoke read", "1 ok read 3 @3"}),
      {});
  EXPECT_EQ(judgement.verdict, Verdict::invalid);
  EXPECT_EQ(number(judgement, "reads"), 2);
  EXPECT_EQ(number(judgement, "stale"), 1);
  EXPECT_EQ(number(judgement, "worst_versions"), 2);
  EXPECT_GT(number(judgement, "worst_ns"), 0);
  // The read must look back to before the second write was acknowledged.
  EXPECT_EQ(number(judgement, "delta_ns"), number(judgement, "worst_ns"));
}

TEST(Judgement, SequentialForgetsRealTimeButNotItself) {
  // Stale, but explained by an order that puts the other process first.
  EXPECT_EQ(
      judge_sequential(
          history({"0 invoke write 1", "0 ok write 1 @1", "1 invoke read", "1 ok read nil"}), {})
          .verdict,
      Verdict::valid);
  EXPECT_EQ(
      judge_sequential(
          history({"0 invoke write 1", "0 ok write 1 @1", "0 invoke read", "0 ok read nil"}), {})
          .verdict,
      Verdict::invalid);
}

TEST(Judgement, CausalFollowsWhatWasRead) {
  const Judgement judgement = judge_causal(
      history({"0 invoke write [:x 1]", "0 ok write [:x 1] @1", "0 invoke write [:y 1]",
               "0 ok write [:y 1] @2", "1 invoke read [:y nil]", "1 ok read [:y 1] @2",
               "1 invoke read [:x nil]", "1 ok read [:x nil]"}),
      {});
  EXPECT_EQ(judgement.verdict, Verdict::invalid);
  ASSERT_EQ(judgement.findings.size(), 1U);
  EXPECT_EQ(judgement.findings[0].ops.size(), 2U);
}

TEST(Judgement, SetSeesPhantomsFailuresAndDuplicates) {
  const Judgement judgement =
      judge_set(history({"0 invoke add 1", "0 ok add 1", "0 invoke add 2", "0 fail add 2",
                         "0 invoke add 3", "0 ok add 3", "1 invoke read", "1 ok read [1 1 2 9]"}),
                {});
  EXPECT_EQ(judgement.verdict, Verdict::invalid);
  EXPECT_EQ(number(judgement, "lost"), 1);
  EXPECT_EQ(number(judgement, "unexpected"), 1);
  EXPECT_EQ(number(judgement, "failed_but_seen"), 1);
  EXPECT_EQ(number(judgement, "duplicated"), 1);
}

TEST(Judgement, SetFullClassifiesElements) {
  const auto judge = [](std::initializer_list<const char*> lines) {
    return judge_set_full(history(lines), {});
  };
  Judgement judgement = judge({"0 invoke add 0", "0 ok add 0", "1 invoke read", "1 ok read [0]"});
  EXPECT_EQ(judgement.verdict, Verdict::valid);
  EXPECT_EQ(number(judgement, "stable"), 1);
  judgement = judge({"0 invoke add 0", "0 ok add 0", "1 invoke read", "1 ok read []"});
  EXPECT_EQ(judgement.verdict, Verdict::invalid);
  EXPECT_EQ(number(judgement, "lost"), 1);
  // Absent while the add was still open, and never read again.
  judgement = judge({"0 invoke add 0", "1 invoke read", "1 ok read []", "0 ok add 0"});
  EXPECT_EQ(number(judgement, "never_read"), 1);
  EXPECT_EQ(judgement.verdict, Verdict::unknown);
  // Lost for a while: stable in the end, and stale.
  judgement = judge({"0 invoke add 0", "0 ok add 0", "1 invoke read", "1 ok read []",
                     "1 invoke read", "1 ok read [0]"});
  EXPECT_EQ(number(judgement, "stable"), 1);
  EXPECT_EQ(number(judgement, "stale"), 1);
  judgement = judge({"0 invoke add 0", "0 fail add 0", "1 invoke read", "1 ok read [0 0 5]"});
  EXPECT_EQ(number(judgement, "phantom"), 1);
  EXPECT_EQ(number(judgement, "duplicated"), 1);
  EXPECT_EQ(number(judgement, "failed_but_seen"), 1);
}

TEST(Judgement, CounterHasBounds) {
  const auto judge = [](std::initializer_list<const char*> lines) {
    return judge_counter(history(lines), {}).verdict;
  };
  EXPECT_EQ(judge({"0 invoke add 1", "1 invoke read", "1 ok read 1", "0 ok add 1"}),
            Verdict::valid);
  EXPECT_EQ(judge({"0 invoke add 1", "0 ok add 1", "1 invoke read", "1 ok read 0"}),
            Verdict::invalid);
  EXPECT_EQ(judge({"0 invoke add -2", "1 invoke read", "1 ok read -2", "0 info add -2"}),
            Verdict::valid);
  EXPECT_EQ(judge({"0 invoke add 5", "0 fail add 5", "1 invoke read", "1 ok read 5"}),
            Verdict::invalid);
}

TEST(Judgement, TotalQueueCountsWhatCameOut) {
  const Judgement judgement = judge_total_queue(
      history({"0 invoke enqueue 1", "0 ok enqueue 1", "0 invoke enqueue 2", "0 ok enqueue 2",
               "0 invoke enqueue 3", "0 fail enqueue 3", "1 invoke drain", "1 ok drain [2 2 3 4]"}),
      {});
  EXPECT_EQ(judgement.verdict, Verdict::invalid);
  EXPECT_EQ(number(judgement, "lost"), 1);
  EXPECT_EQ(number(judgement, "duplicated"), 1);
  EXPECT_EQ(number(judgement, "failed_but_seen"), 1);
  EXPECT_EQ(number(judgement, "unexpected"), 1);
}

TEST(Judgement, UniqueIdsAreUnique) {
  EXPECT_EQ(judge_unique_ids(history({"0 invoke generate", "0 ok generate 1", "0 invoke generate",
                                      "0 ok generate 1"}),
                             {})
                .verdict,
            Verdict::invalid);
  EXPECT_EQ(judge_unique_ids(history({"0 invoke generate", "0 ok generate 1", "0 invoke generate",
                                      "0 info generate"}),
                             {})
                .verdict,
            Verdict::valid);
}

}  // namespace
}  // namespace holdfast::checkers
