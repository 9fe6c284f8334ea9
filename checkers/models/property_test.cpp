// The checkers by versions against slow, obvious answers on small random histories.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "checkers/models/judgement.h"
#include "node/base/random.h"

namespace holdfast::checkers {
namespace {

Version version_of(std::int64_t number) { return Version{number, 0, 0, 0}; }

std::int64_t number(const Judgement& judgement, std::string_view name) {
  for (const auto& [key, value] : judgement.counts) {
    if (key == name) return value;
  }
  return -1;
}

// Few operations on two keys: each write has a version of its own, each read one of them or none.
Trace random_versions(Random& random) {
  Trace trace;
  trace.axis = Axis::time_ns;
  trace.keys = {"a", "b"};
  trace.phases = {""};
  trace.processes = {"0", "1", "2"};
  const std::uint64_t n = 3 + random.below(5);
  std::int64_t now = 0;
  std::vector<std::int64_t> free(3, 0);
  std::vector<std::int64_t> versions = {1, 2, 3, 4, 5, 6, 7, 8};
  for (std::size_t i = versions.size() - 1; i > 0; --i) {
    if (random.chance(1, 3)) std::swap(versions[i], versions[random.below(i + 1)]);
  }
  for (std::uint64_t i = 0; i < n; ++i) {
    Op op;
    op.process = static_cast<std::uint32_t>(random.below(3));
    op.key = static_cast<std::uint32_t>(random.below(2));
    now = std::max(now, free[op.process]) + static_cast<std::int64_t>(random.below(3));
    op.call = now;
    op.ret = now + static_cast<std::int64_t>(random.below(5));
    free[op.process] = op.ret + 1;
    op.outcome = Outcome::ok;
    op.action = random.chance(1, 2) ? Action::write : Action::read;
    op.input = Datum::of(static_cast<std::int64_t>(i));
    trace.ops.push_back(op);
    trace.versions.push_back(version_of(versions[i]));
  }
  for (std::size_t i = 0; i < n; ++i) {
    Op& read = trace.ops[i];
    if (read.action != Action::read) continue;
    trace.versions[i] = {};
    const std::size_t other = random.below(n);
    if (trace.ops[other].action != Action::write || trace.ops[other].key != read.key) continue;
    trace.versions[i] = trace.versions[other];
    read.output = trace.ops[other].input;
  }
  return trace;
}

// Whether some order keeps each process' order and each key's versions, and explains each read.
bool is_sequential(const Trace& trace) {
  std::vector<std::size_t> order(trace.ops.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  do {
    Version newest[2];
    std::int64_t last[3] = {-1, -1, -1};
    bool good = true;
    for (const std::size_t i : order) {
      const Op& op = trace.ops[i];
      good = good && last[op.process] < static_cast<std::int64_t>(i);
      last[op.process] = static_cast<std::int64_t>(i);
      if (op.action == Action::read) {
        good = good && trace.versions[i] == newest[op.key];
      } else {
        good = good && newest[op.key] < trace.versions[i];
        newest[op.key] = trace.versions[i];
      }
      if (!good) break;
    }
    if (good) return true;
  } while (std::next_permutation(order.begin(), order.end()));
  return false;
}

// The guarantees of sessions, written out: how often each is broken.
std::vector<std::int64_t> broken_sessions(const Trace& trace) {
  std::vector<std::int64_t> counts(5, 0);
  const auto is_judged = [&](std::size_t i) {
    return trace.versions[i].is_set() ||
           (trace.ops[i].action == Action::read && trace.ops[i].output.is_nil());
  };
  for (std::size_t b = 0; b < trace.ops.size(); ++b) {
    if (!is_judged(b)) continue;
    const Op& op = trace.ops[b];
    const bool is_read = op.action == Action::read;
    const auto older = [&](std::size_t than) {
      return is_read ? trace.versions[b] < trace.versions[than]
                     : trace.versions[b] <= trace.versions[than];
    };
    bool by_write = false;
    bool by_read = false;
    bool across = false;
    for (std::size_t a = 0; a < b; ++a) {
      const Op& before = trace.ops[a];
      if (before.process != op.process || !trace.versions[a].is_set()) continue;
      if (before.key == op.key) {
        (before.action == Action::read ? by_read : by_write) |= older(a);
      }
      if (before.action != Action::read) continue;
      for (std::size_t w = 0; w < trace.ops.size(); ++w) {
        const Op& write = trace.ops[w];
        if (write.action == Action::read || write.key != before.key ||
            write.process == op.process || trace.versions[w] != trace.versions[a]) {
          continue;
        }
        for (std::size_t x = 0; x < w; ++x) {
          across |= trace.ops[x].process == write.process && trace.ops[x].key == op.key &&
                    trace.versions[x].is_set() && older(x);
        }
      }
    }
    counts[0] += is_read && by_write;
    counts[1] += is_read && by_read;
    counts[2] += !is_read && by_write;
    counts[3] += !is_read && by_read;
    counts[4] += across;
  }
  return counts;
}

TEST(VersionProperty, SessionsAgreeWithTheDefinitions) {
  Random random(34);
  std::vector<int> histories(5, 0);
  for (int i = 0; i < 50'000; ++i) {
    const Trace trace = random_versions(random);
    const std::vector<std::int64_t> expected = broken_sessions(trace);
    const Judgement judgement = judge_sessions(trace, {});
    std::size_t at = 0;
    for (const char* name : {"read_your_writes", "monotonic_reads", "monotonic_writes",
                             "writes_follow_reads", "across_keys"}) {
      ASSERT_EQ(number(judgement, name), expected[at]) << i << " " << name;
      histories[at] += expected[at] > 0;
      ++at;
    }
  }
  for (const int broken : histories) EXPECT_GT(broken, 500);
}

TEST(VersionProperty, SequentialAgreesWithEveryOrder) {
  Random random(31);
  int valid = 0;
  int invalid = 0;
  for (int i = 0; i < 3000; ++i) {
    const Trace trace = random_versions(random);
    const bool expected = is_sequential(trace);
    ++(expected ? valid : invalid);
    ASSERT_EQ(judge_sequential(trace, {}).verdict != Verdict::invalid, expected) << i;
  }
  EXPECT_GT(valid, 300);
  EXPECT_GT(invalid, 300);
}

// Causal: the transitive closure of process order and reads-from, written out.
bool is_causal(const Trace& trace) {
  const std::size_t n = trace.ops.size();
  std::vector<std::vector<bool>> before(n, std::vector<bool>(n, false));
  for (std::size_t a = 0; a < n; ++a) {
    for (std::size_t b = 0; b < n; ++b) {
      const Op& one = trace.ops[a];
      const Op& other = trace.ops[b];
      if (one.process == other.process && a < b) before[a][b] = true;
      if (one.action == Action::write && other.action == Action::read && one.key == other.key &&
          trace.versions[b].is_set() && trace.versions[a] == trace.versions[b]) {
        before[a][b] = true;
      }
    }
  }
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t a = 0; a < n; ++a) {
      for (std::size_t b = 0; b < n; ++b) {
        if (before[a][k] && before[k][b]) before[a][b] = true;
      }
    }
  }
  for (std::size_t a = 0; a < n; ++a) {
    if (before[a][a]) return false;
    for (std::size_t b = 0; b < n; ++b) {
      const bool missed = before[a][b] && trace.ops[a].action == Action::write &&
                          trace.ops[b].action == Action::read &&
                          trace.ops[a].key == trace.ops[b].key &&
                          trace.versions[b] < trace.versions[a];
      if (missed) return false;
    }
  }
  return true;
}

TEST(VersionProperty, CausalAgreesWithTheClosure) {
  Random random(32);
  int invalid = 0;
  for (int i = 0; i < 20'000; ++i) {
    const Trace trace = random_versions(random);
    const bool expected = is_causal(trace);
    invalid += !expected;
    ASSERT_EQ(judge_causal(trace, {}).verdict != Verdict::invalid, expected) << i;
  }
  EXPECT_GT(invalid, 2000);
}

TEST(VersionProperty, StalenessAgreesWithCounting) {
  Random random(33);
  int stale_reads = 0;
  for (int i = 0; i < 20'000; ++i) {
    const Trace trace = random_versions(random);
    std::int64_t stale = 0;
    std::int64_t worst_versions = 0;
    std::int64_t worst_ns = 0;
    for (std::size_t r = 0; r < trace.ops.size(); ++r) {
      const Op& read = trace.ops[r];
      if (read.action != Action::read) continue;
      std::int64_t behind = 0;
      std::int64_t first = kNever_ns;
      for (std::size_t w = 0; w < trace.ops.size(); ++w) {
        const Op& write = trace.ops[w];
        if (write.action != Action::write || write.key != read.key || write.ret >= read.call ||
            trace.versions[w] <= trace.versions[r]) {
          continue;
        }
        ++behind;
        first = std::min(first, write.ret);
      }
      stale += behind > 0;
      worst_versions = std::max(worst_versions, behind);
      if (behind > 0) worst_ns = std::max(worst_ns, read.call - first);
    }
    const Judgement judgement = judge_staleness(trace, {});
    ASSERT_EQ(number(judgement, "stale"), stale) << i;
    ASSERT_EQ(number(judgement, "worst_versions"), worst_versions) << i;
    ASSERT_EQ(number(judgement, "worst_ns"), worst_ns) << i;
    stale_reads += stale > 0;
  }
  EXPECT_GT(stale_reads, 2000);
}

}  // namespace
}  // namespace holdfast::checkers
