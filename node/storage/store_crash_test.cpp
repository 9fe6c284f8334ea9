// What a store promises when the disk, the power or the process fails.
#include <gtest/gtest.h>

#include <map>
#include <tuple>

#include "node/storage/file_names.h"
#include "node/storage/memory_disk.h"
#include "node/storage/store.h"
#include "node/storage/synced_mark.h"

namespace holdfast::node {
namespace {

// All that a store tells, in comparable form.
struct State {
  std::map<std::pair<std::uint64_t, std::string>, Row> rows;
  std::map<std::pair<NodeId, std::uint64_t>, Row> hints;
  HintLedger ledger;
  std::map<NodeId, std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>> queues;
  std::map<NodeId, std::uint64_t> lost;
  std::optional<std::int64_t> step;

  bool operator==(const State&) const = default;
};

State state_of(Store& store) {
  State state;
  store.scan(
      0, "", UINT64_MAX,
      [&](std::uint64_t token, std::string_view key, const RowHead& head, std::string_view value) {
        state.rows[{token, std::string(key)}] = {head.version, head.id, head.deleted,
                                                 std::string(value)};
        return true;
      });
  for (const auto& [destination, queue] : store.queues()) {
    if (queue.last_sequence == 0) continue;  // only asked for, never given a hint
    state.queues[destination] = {queue.count, queue.quarantined, queue.last_sequence};
    for (const Hint& hint : store.hints(destination, 0, SIZE_MAX, SIZE_MAX)) {
      state.hints[{destination, hint.sequence}] = hint.row;
    }
    state.lost[destination] = store.lost_hints(destination, queue.last_sequence);
  }
  state.ledger = store.ledger();
  state.step = store.number("step");
  return state;
}

// Queues match rows, and the ledger's equation holds.
void expect_exact(Store& store) {
  std::uint64_t held = 0;
  for (const auto& [destination, queue] : store.queues()) {
    const auto hints = store.hints(destination, 0, SIZE_MAX, SIZE_MAX);
    EXPECT_EQ(hints.size(), queue.count);
    std::uint64_t bytes = 0;
    for (const Hint& hint : hints) bytes += hint.key.size() + hint.row.value.size();
    EXPECT_EQ(bytes, queue.bytes);
    held += queue.count + queue.quarantined;
  }
  const HintLedger& ledger = store.ledger();
  std::uint64_t ended = ledger.delivered + ledger.expired;
  for (const std::uint64_t count : ledger.dropped) ended += count;
  EXPECT_EQ(ledger.created, ended + held);
}

// A random mix of changes: about 5 frames of the log each time.
void change(Store& store, int step) {
  Random random(derive_seed(1, "change", static_cast<std::uint64_t>(step)));
  for (int i = 0; i < 3; ++i) {
    const std::uint64_t number = random.below(60);
    const auto token = mix64(number);
    const std::string key = "k" + std::to_string(number);
    Row row{{step + 1, 0, 1, 1}, {1, random.next()}, false, ""};
    row.value.assign(random.below(3000), static_cast<char>('a' + step % 26));
    if (random.chance(1, 8)) row = {row.version, row.id, true, ""};
    if (random.chance(1, 8)) {
      store.erase(token, key);
    } else {
      store.put(token, key, row);
    }
    const auto destination = static_cast<NodeId>(random.below(3));
    if (random.chance(1, 2)) store.add_hint(destination, key, row, Duration(step));
    const std::uint64_t sequence = random.below(40) + 1;
    switch (random.below(5)) {
      case 0:
        store.deliver_hint(destination, sequence);
        break;
      case 1:
        store.expire_hint(destination, sequence);
        break;
      case 2:
        store.drop_hint(destination, sequence, DropReason::operator_request);
        break;
      case 3:
        store.quarantine_hint(destination, sequence);
        break;
      default:
        break;
    }
  }
  store.set_number("step", step);
}

constexpr int kSteps = 160;

// The states of a run without faults: states()[i] is the one after the commit of step i.
const std::vector<State>& states() {
  static const std::vector<State> all = [] {
    MemoryDisk disk;
    OpenReport report;
    const auto store = Store::open(disk, 1, report);
    std::vector<State> result;
    for (int step = 0; step < kSteps; ++step) {
      change(**store, step);
      EXPECT_EQ((*store)->commit(), StoreStatus::ok);
      result.push_back(state_of(**store));
    }
    return result;
  }();
  return all;
}

// Runs the steps, syncing some of them, until the disk fails or all are done.
struct Progress {
  int committed = -1;  // the last step whose commit() was ok
  int synced = -1;     // the last step that sync() covers
  StoreStatus status = StoreStatus::ok;
};
Progress run_steps(Store& store, int first = 0, int last = kSteps) {
  Progress run{.committed = first - 1};
  for (int step = first; step < last; ++step) {
    change(store, step);
    run.status = store.commit();
    if (run.status != StoreStatus::ok) return run;
    run.committed = step;
    if (step % 7 != 0) continue;
    run.status = store.sync();
    if (run.status != StoreStatus::ok) return run;
    run.synced = step;
  }
  return run;
}

void expect_prefix(MemoryDisk& disk, const Progress& run, std::uint64_t at) {
  OpenReport report;
  auto opened = Store::open(disk, 2, report);
  ASSERT_TRUE(opened.has_value()) << at;
  Store& store = **opened;
  ASSERT_FALSE(report.lost_corrupt_file) << at << ": " << report.detail;
  const State state = state_of(store);
  ASSERT_EQ(store.status(), StoreStatus::ok) << at << ": " << store.status_detail();
  expect_exact(store);
  const std::int64_t step = state.step.value_or(-1);
  ASSERT_GE(step, run.synced) << at;
  ASSERT_LE(step, run.committed + 1) << at;
  const bool same = state == (step < 0 ? State{} : states()[static_cast<std::size_t>(step)]);
  EXPECT_TRUE(same) << "not the state after step " << step << ", power lost at call " << at;
}

TEST(StoreCrash, ReopensAtTheLastCommit) {
  MemoryDisk disk;
  OpenReport report;
  for (int step = 0; step < kSteps; ++step) {
    auto store = Store::open(disk, static_cast<std::uint64_t>(step), report);
    ASSERT_TRUE(store.has_value());
    change(**store, step);
    ASSERT_EQ((*store)->commit(), StoreStatus::ok);
    expect_exact(**store);
    const bool same = state_of(**store) == states()[static_cast<std::size_t>(step)];
    ASSERT_TRUE(same) << step;
  }
}

TEST(StoreCrash, PowerLossLeavesACommittedPrefix) {
  std::uint64_t total = 0;
  {
    MemoryDisk disk;
    OpenReport report;
    auto store = Store::open(disk, 1, report);
    EXPECT_EQ(run_steps(**store).committed, kSteps - 1);
    total = disk.calls();
    ASSERT_GT(disk.bytes(kDatabaseName).size(), 100'000u) << "no checkpoint was among the calls";
  }
  // Every call while the store is made, then every 13th.
  for (std::uint64_t at = 1; at <= total; at += at < 60 ? 1 : 29) {
    MemoryDisk disk;
    disk.fail_calls(at, UINT64_MAX - at, DiskStatus::io_error);
    Progress run;
    {
      OpenReport report;
      auto store = Store::open(disk, 1, report);
      if (store.has_value()) run = run_steps(**store);
    }
    Random random(at);
    disk.power_loss(random);
    expect_prefix(disk, run, at);
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(StoreCrash, GoesOnAfterAPowerLoss) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    MemoryDisk disk;
    Random random(seed);
    OpenReport report;
    int next = 0;
    while (next < kSteps) {
      auto store = Store::open(disk, seed, report);
      ASSERT_TRUE(store.has_value());
      ASSERT_FALSE(report.lost_corrupt_file) << report.detail;
      const auto step = (*store)->number("step");
      next = step ? static_cast<int>(*step) + 1 : 0;
      const auto length = static_cast<int>(random.below(40));
      const Progress run = run_steps(**store, next, std::min(next + length, kSteps));
      ASSERT_EQ(run.status, StoreStatus::ok);
      next = std::min(next + length, kSteps);
      const bool same =
          next == 0 || state_of(**store) == states()[static_cast<std::size_t>(next - 1)];
      ASSERT_TRUE(same) << "seed " << seed << " step " << next - 1;
      store->reset();
      disk.power_loss(random);
    }
  }
}

TEST(StoreCrash, AFailedCallIsReportedAndSticks) {
  for (std::uint64_t at = 1; at < 220; at += 2) {
    MemoryDisk disk;
    OpenReport report;
    auto opened = Store::open(disk, 1, report);
    Store& store = **opened;
    const Progress before = run_steps(store, 0, 100);
    ASSERT_EQ(before.status, StoreStatus::ok);
    disk.fail_calls(at, 1, DiskStatus::io_error);
    const Progress run = run_steps(store, 100);
    EXPECT_EQ(run.status, StoreStatus::io_error) << at;
    EXPECT_FALSE(store.status_detail().empty());
    // Nothing works any more, though the disk does.
    const std::uint64_t calls = disk.calls();
    EXPECT_FALSE(store.number("step"));
    EXPECT_EQ(store.count_rows(), 0u);
    EXPECT_TRUE(store.hints(1, 0, 10, 1000).empty());
    EXPECT_EQ(store.add_hint(1, "k", {}, Duration(0)), 0u);
    store.put(1, "k", {});
    EXPECT_FALSE(store.get(1, "k"));
    EXPECT_EQ(store.commit(), StoreStatus::io_error);
    EXPECT_EQ(store.sync(), StoreStatus::io_error);
    EXPECT_EQ(disk.calls(), calls) << "a failed sync must not be tried again";
    opened->reset();
    EXPECT_EQ(disk.calls(), calls);
    // Written data survives the process.
    expect_prefix(disk, {run.committed, run.committed, run.status}, at);
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(StoreCrash, AFullDiskIsReported) {
  for (std::uint64_t room = 0; room < 900'000; room += 17'000) {
    MemoryDisk disk;
    OpenReport report;
    Progress run;
    {
      auto store = Store::open(disk, 1, report);
      ASSERT_TRUE(store.has_value());
      disk.set_capacity(disk.used() + room);
      run = run_steps(**store);
      EXPECT_EQ(run.status, StoreStatus::full) << room;
      EXPECT_EQ((*store)->status_detail().substr(0, 7), "node.db");
    }
    expect_prefix(disk, {run.committed, run.committed, run.status}, room);
    if (testing::Test::HasFatalFailure()) return;
    // With room again it goes on.
    disk.set_capacity(UINT64_MAX);
    auto store = Store::open(disk, 1, report);
    const auto step = (*store)->number("step");
    EXPECT_EQ(run_steps(**store, step ? static_cast<int>(*step) + 1 : 0).status, StoreStatus::ok);
    const bool same = state_of(**store) == states().back();
    EXPECT_TRUE(same);
  }
}

TEST(StoreCrash, AFullDiskRefusesANewStore) {
  for (std::uint64_t room = 0; room < 40'000; room += 1000) {
    MemoryDisk disk;
    disk.set_capacity(room);
    OpenReport report;
    const auto refused = Store::open(disk, 1, report);
    if (!refused.has_value()) {
      EXPECT_NE(refused.error().message.find("no space"), std::string::npos)
          << refused.error().message;
    }
    EXPECT_FALSE(report.lost_corrupt_file);
    disk.set_capacity(UINT64_MAX);
    const auto store = Store::open(disk, 2, report);
    ASSERT_TRUE(store.has_value());
    EXPECT_FALSE(report.lost_corrupt_file);
    EXPECT_EQ(report.created, !refused.has_value());
  }
}

// A store after all steps, of which the database holds some and the log the rest.
MemoryDisk finished_disk() {
  MemoryDisk disk;
  OpenReport report;
  const auto store = Store::open(disk, 1, report);
  EXPECT_EQ(run_steps(**store).committed, kSteps - 1);
  EXPECT_EQ((*store)->sync(), StoreStatus::ok);
  return disk.copy();
}

struct Outcome {
  bool set_aside = false;    // found while opening
  bool found_later = false;  // found while reading
  bool same = false;         // everything was read, and right
};

Outcome damage_and_read(const MemoryDisk& sound, std::string_view name, std::size_t byte, int bit) {
  MemoryDisk disk = sound.copy();
  disk.bytes(name)[byte] = static_cast<char>(disk.bytes(name)[byte] ^ (1 << bit));
  OpenReport report;
  auto opened = Store::open(disk, 2, report);
  EXPECT_TRUE(opened.has_value());
  Store& store = **opened;
  Outcome outcome;
  outcome.set_aside = report.lost_corrupt_file;
  if (outcome.set_aside) {
    EXPECT_FALSE(report.detail.empty());
    EXPECT_TRUE(report.created);
    EXPECT_TRUE(disk.exists(kCorruptName));
    EXPECT_EQ(store.incarnation(), 2u);
    EXPECT_EQ(store.count_rows(), 0u);
    return outcome;
  }
  const State state = state_of(store);
  for (const auto& [place, row] : states().back().rows) {
    const auto got = store.get(place.first, place.second);
    EXPECT_TRUE(store.status() != StoreStatus::ok || got == row) << "a silent wrong answer";
  }
  outcome.found_later = store.status() == StoreStatus::corrupt;
  outcome.same = store.status() == StoreStatus::ok && state == states().back();
  if (outcome.found_later) {
    // The driver opens it again, and must not find the same damage for ever.
    EXPECT_EQ(store.commit(), StoreStatus::corrupt);
    opened->reset();
    OpenReport again;
    EXPECT_TRUE(Store::open(disk, 3, again).has_value());
    EXPECT_TRUE(again.lost_corrupt_file);
    EXPECT_NE(again.detail.find(kDatabaseName), std::string::npos) << again.detail;
  }
  return outcome;
}

TEST(StoreCrash, NoFlippedBitOfTheDatabaseIsSilent) {
  MemoryDisk disk = finished_disk();
  Random random(3);
  int found = 0;
  const std::size_t size = disk.bytes(kDatabaseName).size();
  // All of the header, where SQLite looks before it can check; then places all over the file.
  for (std::size_t i = 0; i < 1600; ++i) {
    const std::size_t byte = i < 100 ? i : random.below(size);
    const auto bit = static_cast<int>(random.below(8));
    const Outcome outcome = damage_and_read(disk, kDatabaseName, byte, bit);
    ASSERT_TRUE(outcome.set_aside || outcome.found_later || outcome.same) << byte << "." << bit;
    found += outcome.same ? 0 : 1;
  }
  EXPECT_GT(found, 400);
}

TEST(StoreCrash, NoFlippedBitOfTheSyncedLogIsSilent) {
  MemoryDisk disk = finished_disk();
  Random random(4);
  int found = 0;
  const std::size_t size = disk.bytes(kLogName).size();
  for (std::size_t i = 0; i < 800; ++i) {
    const std::size_t byte = i < kLogHeaderSize ? i : random.below(size);
    const auto bit = static_cast<int>(random.below(8));
    const Outcome outcome = damage_and_read(disk, kLogName, byte, bit);
    ASSERT_TRUE(outcome.set_aside || outcome.found_later || outcome.same) << byte << "." << bit;
    found += outcome.same ? 0 : 1;
  }
  EXPECT_GT(found, 100);
}

TEST(StoreCrash, ADamagedMarkHarmsNothing) {
  MemoryDisk disk = finished_disk();
  for (std::size_t byte = 0; byte < disk.bytes(kMarkName).size(); ++byte) {
    EXPECT_TRUE(damage_and_read(disk, kMarkName, byte, static_cast<int>(byte % 8)).same);
  }
}

TEST(StoreCrash, ATornTailIsNotDamage) {
  MemoryDisk disk;
  OpenReport report;
  {
    const auto store = Store::open(disk, 1, report);
    ASSERT_EQ(run_steps(**store, 0, 8).synced, 7);
    change(**store, 8);
    ASSERT_EQ((*store)->commit(), StoreStatus::ok);
  }
  std::string& log = disk.bytes(kLogName);
  log[log.size() - 5000] = static_cast<char>(log[log.size() - 5000] ^ 1);
  expect_prefix(disk, {8, 7, StoreStatus::ok}, 0);
}

TEST(StoreCrash, GarbageIsSetAside) {
  for (const std::string& garbage :
       {std::string("this is no database"), std::string(5000, 'x'), std::string(16384, '\0')}) {
    MemoryDisk disk;
    DiskStatus status = DiskStatus::ok;
    ASSERT_EQ(disk.open(kDatabaseName, true, status)->write(0, garbage.data(), garbage.size()),
              DiskStatus::ok);
    OpenReport report;
    const auto store = Store::open(disk, 5, report);
    ASSERT_TRUE(store.has_value());
    EXPECT_TRUE(report.lost_corrupt_file);
    EXPECT_EQ(disk.bytes(kCorruptName), garbage);
    EXPECT_EQ((*store)->incarnation(), 5u);
  }
}

TEST(StoreCrash, SettingAsideSurvivesACrash) {
  MemoryDisk sound = finished_disk();
  sound.bytes(kLogName)[kLogHeaderSize + 100] ^= 1;
  for (std::uint64_t at = 1; at < 60; ++at) {
    MemoryDisk disk = sound.copy();  // the damage is durable
    OpenReport report;
    disk.fail_calls(at, UINT64_MAX - at, DiskStatus::io_error);
    { const auto first = Store::open(disk, 2, report); }
    Random random(at);
    disk.power_loss(random);
    const auto store = Store::open(disk, 3, report);
    ASSERT_TRUE(store.has_value()) << at;
    EXPECT_NE((*store)->incarnation(), 1u) << at;
    EXPECT_EQ((*store)->count_rows(), 0u) << at;
    EXPECT_EQ((*store)->status(), StoreStatus::ok);
  }
}

TEST(StoreCrash, ALogWithoutItsDatabaseIsNothing) {
  MemoryDisk disk = finished_disk();
  ASSERT_EQ(disk.remove(kDatabaseName), DiskStatus::ok);
  OpenReport report;
  const auto store = Store::open(disk, 9, report);
  ASSERT_TRUE(store.has_value());
  EXPECT_TRUE(report.created);
  EXPECT_EQ((*store)->count_rows(), 0u);
}

}  // namespace
}  // namespace holdfast::node
