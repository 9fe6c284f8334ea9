// Histories of a trivially correct store must be valid; with one planted mutation they must not.
// And the fast checkers agree with the definitions, written down naively, on arbitrary histories.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "checkers/checker.h"
#include "node/base/random.h"

namespace holdfast::checkers {
namespace {

constexpr std::uint16_t kNodes = 5;
constexpr std::size_t kReplicas = 3;

// A strict quorum store of one key a replica set: every write reaches two replicas before its
// acknowledgement and the third one at some time; every read asks two. All replicas keep the
// highest version.
class ModelStore {
 public:
  explicit ModelStore(std::uint64_t seed) : random_(seed) {}

  struct Run {
    History history;
    FinalState state;
    Inputs inputs() const { return {history, state, {}, facts}; }
    Facts facts;
  };

  Run run() {
    Run run;
    const std::uint64_t keys = random_.between(1, 4);
    for (std::uint64_t key = 0; key < keys; ++key) {
      run.history.keys.intern("k" + std::to_string(key));
    }
    plan(keys, static_cast<int>(random_.between(2, 40)), run.history);
    execute(run.history);
    run.state = FinalState(kNodes);
    run.state.set_time(1'000'000'000);
    for (NodeId node = 0; node < kNodes; ++node) run.state.mark_dumped(node);
    const std::vector<NodeId> owners = {0, 1, 2};
    for (KeyId key = 0; key < keys; ++key) {
      run.state.set_owners(key, owners);
      // Anti-entropy at last: everybody has the newest.
      RowState newest;
      for (const RowState& row : replicas_[key]) {
        if (row.version > newest.version) newest = row;
      }
      if (!newest.version.is_set()) continue;
      for (const NodeId owner : owners) run.state.add_row(owner, key, newest);
    }
    return run;
  }

 private:
  struct Step {
    std::int64_t at_ns = 0;
    OperationIndex operation = 0;
    std::size_t replica = 0;
    bool operator<(const Step& other) const {
      return std::tuple(at_ns, operation, replica) <
             std::tuple(other.at_ns, other.operation, other.replica);
    }
  };

  void plan(std::uint64_t keys, int operations, History& history) {
    for (int i = 0; i < operations; ++i) {
      Operation& operation = history.operations.emplace_back();
      operation.invoked_ns = random_.between(1, 2000) * 1000;
      operation.completed_ns = operation.invoked_ns + random_.between(1, 300) * 1000;
      operation.key = static_cast<KeyId>(random_.below(keys));
      operation.node = static_cast<NodeId>(random_.below(kNodes));
      const std::uint64_t kind = random_.below(10);
      operation.function = kind < 4 ? Function::read : kind < 9 ? Function::write : Function::del;
      const std::uint64_t fate = random_.below(10);
      operation.outcome = fate < 7 ? Outcome::ok : fate < 9 ? Outcome::info : Outcome::fail;
      if (operation.outcome == Outcome::info && random_.chance(1, 2)) {
        operation.completed_ns = kNever_ns;
      }
    }
    std::sort(history.operations.begin(), history.operations.end(),
              [](const Operation& a, const Operation& b) { return a.invoked_ns < b.invoked_ns; });
    for (OperationIndex i = 0; i < history.operations.size(); ++i) {
      Operation& operation = history.operations[i];
      operation.process = i;
      if (!operation.is_write()) continue;
      operation.id = {9, i + 1};
      if (operation.function == Function::write) operation.value = 100 + i;
      plan_write(i, operation);
    }
    for (OperationIndex i = 0; i < history.operations.size(); ++i) {
      if (!history.operations[i].is_write()) plan_read(i, history.operations[i]);
    }
    std::sort(steps_.begin(), steps_.end());
  }

  std::int64_t within(const Operation& operation) {
    const std::int64_t last_ns =
        operation.completed_ns == kNever_ns ? 3'000'000 : operation.completed_ns;
    return random_.between(operation.invoked_ns, last_ns);
  }

  void plan_write(OperationIndex index, Operation& operation) {
    if (operation.outcome == Outcome::fail) return;
    versions_.resize(std::max<std::size_t>(versions_.size(), index + 1));
    versions_[index] = {operation.invoked_ns / 1000, index, operation.node, 1};
    const std::size_t late = random_.below(kReplicas);
    for (std::size_t replica = 0; replica < kReplicas; ++replica) {
      if (operation.outcome == Outcome::info) {
        // Anything may have become of it, at any time.
        if (random_.chance(1, 2)) continue;
        steps_.push_back({random_.between(operation.invoked_ns, 3'000'000), index, replica});
      } else if (replica == late) {
        steps_.push_back({random_.between(operation.invoked_ns, 3'000'000), index, replica});
      } else {
        steps_.push_back({within(operation), index, replica});
        operation.copies.add({static_cast<NodeId>(replica), kNoNode});
      }
    }
    if (operation.outcome == Outcome::ok) operation.version = versions_[index];
  }

  void plan_read(OperationIndex index, Operation& operation) {
    if (operation.outcome != Outcome::ok) return;
    const std::size_t skipped = random_.below(kReplicas);
    for (std::size_t replica = 0; replica < kReplicas; ++replica) {
      if (replica == skipped) continue;
      steps_.push_back({within(operation), index, replica});
      operation.copies.add({static_cast<NodeId>(replica), kNoNode});
    }
  }

  void execute(History& history) {
    replicas_.assign(history.keys.size(), std::vector<RowState>(kReplicas));
    for (const Step& step : steps_) {
      Operation& operation = history.operations[step.operation];
      RowState& row = replicas_[operation.key][step.replica];
      if (operation.is_write()) {
        if (versions_[step.operation] > row.version) {
          row = {versions_[step.operation], operation.id, operation.value,
                 operation.function == Function::del};
        }
      } else if (row.version > operation.version) {
        operation.version = row.version;
        operation.id = row.id;
        operation.value = row.value;
      }
    }
  }

  Random random_;
  std::vector<Version> versions_;
  std::vector<Step> steps_;
  std::vector<std::vector<RowState>> replicas_;
};

Verdict verdict_of(const ModelStore::Run& run, std::string_view checker) {
  const std::vector<std::string> names = {std::string(checker)};
  return check(run.inputs(), names)[0].verdict;
}

bool any_anomaly(const ModelStore::Run& run) {
  for (const CheckResult& result : check(run.inputs())) {
    if (result.verdict == Verdict::invalid) return true;
  }
  return false;
}

constexpr std::uint64_t kSeeds = 4000;

TEST(RandomHistory, OfACorrectStoreIsNeverInvalid) {
  std::uint64_t valid = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const ModelStore::Run run = ModelStore(seed).run();
    EXPECT_FALSE(any_anomaly(run)) << "seed " << seed;
    valid += verdict_of(run, "lost-writes") == Verdict::valid;
  }
  EXPECT_GT(valid, kSeeds / 2);
}

TEST(RandomHistory, TheModelIsNotTrivial) {
  std::int64_t superseded = 0, verified = 0, reads = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const ModelStore::Run run = ModelStore(seed).run();
    for (const CheckResult& result : check(run.inputs())) {
      superseded += result.checker == "lost-writes" ? result.number("superseded") : 0;
      verified += result.checker == "lost-writes" ? result.number("verified") : 0;
      reads += result.checker == "stale-reads" ? result.number("reads") : 0;
    }
  }
  EXPECT_GT(superseded, 300);
  EXPECT_GT(verified, 200);
  EXPECT_GT(reads, 500);
}

// Applies `mutate` to one run a seed; it returns whether it found a place for its mutation. Each
// mutated run must then be invalid.
template <class Mutate>
void expect_invalid(Mutate&& mutate) {
  std::uint64_t planted = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    ModelStore::Run run = ModelStore(seed).run();
    Random random(derive_seed(seed, "mutation"));
    if (!mutate(run, random)) continue;
    ++planted;
    EXPECT_TRUE(any_anomaly(run)) << "seed " << seed;
  }
  EXPECT_GT(planted, kSeeds / 20);
}

// A copy of the final state in which each row may be changed, or dropped by clearing its version.
template <class Change>
FinalState with_rows(const ModelStore::Run& run, Change&& change) {
  FinalState state(kNodes);
  state.set_time(run.state.at_ns());
  for (NodeId node = 0; node < kNodes; ++node) state.mark_dumped(node);
  for (KeyId key = 0; key < run.history.keys.size(); ++key) {
    state.set_owners(key, run.state.owners(key));
    for (NodeId node = 0; node < kNodes; ++node) {
      const RowState* row = run.state.row(node, key);
      if (row == nullptr) continue;
      RowState changed = *row;
      change(node, key, changed);
      if (changed.version.is_set()) state.add_row(node, key, changed);
    }
  }
  return state;
}

// A random acknowledged write that `accept` takes.
template <class Accept>
OperationIndex pick(const History& history, Random& random, Accept&& accept) {
  std::vector<OperationIndex> all;
  for (OperationIndex i = 0; i < history.operations.size(); ++i) {
    const Operation& operation = history.operations[i];
    if (operation.outcome == Outcome::ok && accept(operation)) all.push_back(i);
  }
  return all.empty() ? kNoOperation : all[random.below(all.size())];
}

TEST(RandomHistory, ADroppedRowIsFound) {
  expect_invalid([](ModelStore::Run& run, Random& random) {
    const OperationIndex write =
        pick(run.history, random, [](const Operation& operation) { return operation.is_write(); });
    if (write == kNoOperation) return false;
    const KeyId dropped = run.history.operations[write].key;
    const auto owner = static_cast<NodeId>(random.below(kReplicas));
    run.state = with_rows(run, [&](NodeId node, KeyId key, RowState& row) {
      if (node == owner && key == dropped) row.version = {};
    });
    return true;
  });
}

TEST(RandomHistory, ALostKeyIsFound) {
  expect_invalid([](ModelStore::Run& run, Random& random) {
    const OperationIndex write =
        pick(run.history, random, [](const Operation& operation) { return operation.is_write(); });
    if (write == kNoOperation) return false;
    const KeyId dropped = run.history.operations[write].key;
    run.state = with_rows(run, [&](NodeId, KeyId key, RowState& row) {
      if (key == dropped) row.version = {};
    });
    return true;
  });
}

TEST(RandomHistory, SwappedVersionsAreFound) {
  expect_invalid([](ModelStore::Run& run, Random& random) {
    const auto is_write = [](const Operation& operation) { return operation.is_write(); };
    const OperationIndex a = pick(run.history, random, is_write);
    const OperationIndex b = pick(run.history, random, is_write);
    if (a == kNoOperation || a == b) return false;
    const OperationId id_a = run.history.operations[a].id, id_b = run.history.operations[b].id;
    const Version version_a = run.history.operations[a].version;
    const Version version_b = run.history.operations[b].version;
    bool any = false;
    run.state = with_rows(run, [&](NodeId, KeyId, RowState& row) {
      const bool is_a = row.id == id_a, is_b = row.id == id_b;
      any = any || is_a || is_b;
      if (is_a) row.version = version_b;
      if (is_b) row.version = version_a;
    });
    return any;
  });
}

TEST(RandomHistory, AResurrectedKeyIsFound) {
  expect_invalid([](ModelStore::Run& run, Random& random) {
    const OperationIndex deletion = pick(run.history, random, [&](const Operation& operation) {
      const RowState* row = run.state.row(0, operation.key);
      return operation.function == Function::del && row != nullptr && row->id == operation.id;
    });
    if (deletion == kNoOperation) return false;
    const KeyId key_deleted = run.history.operations[deletion].key;
    const Version version = run.history.operations[deletion].version;
    const OperationIndex old = pick(run.history, random, [&](const Operation& operation) {
      return operation.function == Function::write && operation.key == key_deleted &&
             operation.version < version;
    });
    if (old == kNoOperation) return false;
    const Operation& write = run.history.operations[old];
    run.state = with_rows(run, [&](NodeId, KeyId key, RowState& row) {
      if (key == key_deleted) row = {write.version, write.id, write.value, false};
    });
    const std::vector<std::string> names = {"lost-writes"};
    EXPECT_GE(check(run.inputs(), names)[0].number("resurrected"), 1);
    return true;
  });
}

TEST(RandomHistory, AForeignRowIsFound) {
  expect_invalid([](ModelStore::Run& run, Random& random) {
    const auto key = static_cast<KeyId>(random.below(run.history.keys.size()));
    const auto node = static_cast<NodeId>(random.below(kNodes));
    RowState row;
    row.version = {random.between(1, 4000), 77, 0, 1};
    row.id = {77, random.next()};
    row.value = 5;
    run.state.add_row(node, key, row);
    return true;
  });
}

TEST(RandomHistory, AFailedWriteThatAppearsIsFound) {
  expect_invalid([](ModelStore::Run& run, Random&) {
    for (Operation& operation : run.history.operations) {
      const RowState* row = run.state.row(1, operation.key);
      if (row == nullptr || row->id != operation.id || !operation.is_write()) continue;
      operation.outcome = Outcome::fail;
      return true;
    }
    return false;
  });
}

TEST(RandomHistory, AStaleReadIsFound) {
  expect_invalid([](ModelStore::Run& run, Random&) {
    for (Operation& read : run.history.operations) {
      if (read.is_write() || read.outcome != Outcome::ok || read.value == kNil) continue;
      for (const Operation& write : run.history.operations) {
        if (write.function != Function::write || write.outcome != Outcome::ok ||
            write.key != read.key || write.completed_ns >= read.invoked_ns) {
          continue;
        }
        bool newest = true;  // no delete after it, which would make not-found right
        for (const Operation& other : run.history.operations) {
          newest = newest && !(other.key == write.key && other.is_write() &&
                               other.outcome == Outcome::ok && other.version > write.version);
        }
        if (!newest) continue;
        read.value = kNil;
        read.version = {};
        read.id = {};
        return true;
      }
    }
    return false;
  });
}

// Arbitrary histories: versions and reads at random. The definitions, quadratic, as the oracle.
History arbitrary_history(std::uint64_t seed) {
  Random random(seed);
  History history;
  const std::uint64_t keys = random.between(1, 3);
  for (std::uint64_t key = 0; key < keys; ++key) history.keys.intern("k" + std::to_string(key));
  const std::int64_t count = random.between(1, 60);
  for (std::int64_t i = 0; i < count; ++i) {
    Operation& operation = history.operations.emplace_back();
    operation.invoked_ns = random.between(0, 200);
    operation.completed_ns = operation.invoked_ns + random.between(0, 30);
    operation.key = static_cast<KeyId>(random.below(keys));
    operation.function = static_cast<Function>(random.below(3));
    operation.outcome = random.chance(4, 5) ? Outcome::ok : Outcome::info;
    operation.version = {random.between(1, 30), 0, 0, 1};
    operation.value = operation.function == Function::del ? kNil : i;
    operation.id = {1, static_cast<std::uint64_t>(i) + 1};
    if (operation.function == Function::read && random.chance(1, 4)) operation.value = kNil;
  }
  std::sort(history.operations.begin(), history.operations.end(),
            [](const Operation& a, const Operation& b) { return a.invoked_ns < b.invoked_ns; });
  return history;
}

struct Stale {
  bool stale = false;
  std::int64_t age_ns = 0;
  std::int64_t behind = 0;
};

Stale naive_stale(const History& history, const Operation& read) {
  Stale result;
  const Operation* newest = nullptr;
  std::int64_t outdated_ns = kNever_ns;
  for (const Operation& write : history.operations) {
    if (!write.is_write() || write.outcome != Outcome::ok || write.key != read.key) continue;
    if (write.completed_ns >= read.invoked_ns || !(write.version > read.version)) continue;
    ++result.behind;
    outdated_ns = std::min(outdated_ns, write.completed_ns);
    if (newest == nullptr || write.version > newest->version) newest = &write;
  }
  if (newest == nullptr) return {};
  // Among equally new ones the first to complete decides whether it is a delete.
  for (const Operation& write : history.operations) {
    if (write.is_write() && write.outcome == Outcome::ok && write.key == read.key &&
        write.version == newest->version && write.completed_ns < newest->completed_ns) {
      newest = &write;
    }
  }
  result.stale = read.value != kNil || newest->function != Function::del;
  result.age_ns = read.invoked_ns - outdated_ns;
  return result;
}

TEST(RandomHistory, StaleReadsAgreeWithTheDefinition) {
  std::uint64_t found = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const History history = arbitrary_history(seed);
    const FinalState state;
    const Facts facts;
    const std::vector<std::string> names = {"stale-reads"};
    const CheckResult result = check({history, state, {}, facts}, names)[0];
    std::set<OperationIndex> stale;
    std::int64_t behind = 0, worst_ns = 0, worst_found_ns = 0;
    for (const Anomaly& anomaly : result.anomalies) {
      stale.insert(anomaly.operation);
      worst_found_ns = std::max(worst_found_ns, anomaly.amount);
    }
    for (OperationIndex i = 0; i < history.operations.size(); ++i) {
      const Operation& read = history.operations[i];
      if (read.is_write() || read.outcome != Outcome::ok) continue;
      const Stale expected = naive_stale(history, read);
      ASSERT_EQ(stale.contains(i), expected.stale) << "seed " << seed << " operation " << i;
      if (!expected.stale) continue;
      ++found;
      behind = std::max(behind, expected.behind);
      worst_ns = std::max(worst_ns, expected.age_ns);
    }
    ASSERT_EQ(result.number("worst_versions_behind"), behind) << "seed " << seed;
    ASSERT_EQ(worst_found_ns, worst_ns) << "seed " << seed;
  }
  EXPECT_GT(found, kSeeds);
}

TEST(RandomHistory, DiscardedWritesAgreeWithTheDefinition) {
  std::int64_t found = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    ModelStore::Run run;
    run.history = arbitrary_history(seed);
    run.state = FinalState(kNodes);
    for (NodeId node = 0; node < kNodes; ++node) run.state.mark_dumped(node);
    const std::vector<NodeId> owners = {0, 1, 2};
    std::int64_t expected = 0;
    for (KeyId key = 0; key < run.history.keys.size(); ++key) {
      run.state.set_owners(key, owners);
      const Operation* newest = nullptr;
      for (const Operation& write : run.history.operations) {
        if (write.is_write() && write.key == key && write.outcome == Outcome::ok &&
            (newest == nullptr || write.version > newest->version)) {
          newest = &write;
        }
      }
      if (newest == nullptr) continue;
      for (const NodeId owner : owners) {
        run.state.add_row(
            owner, key,
            {newest->version, newest->id, newest->value, newest->function == Function::del});
      }
      for (const Operation& write : run.history.operations) {
        if (!write.is_write() || write.key != key || write.outcome != Outcome::ok) continue;
        if (write.version == newest->version) continue;
        for (const Operation& before : run.history.operations) {
          if (before.is_write() && before.key == key && before.outcome == Outcome::ok &&
              before.completed_ns < write.invoked_ns && before.version > write.version) {
            ++expected;
            break;
          }
        }
      }
    }
    const std::vector<std::string> names = {"lost-writes"};
    ASSERT_EQ(check(run.inputs(), names)[0].number("discarded"), expected) << "seed " << seed;
    found += expected;
  }
  EXPECT_GT(found, 1000);
}

}  // namespace
}  // namespace holdfast::checkers
