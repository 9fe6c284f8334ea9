// Shrinking: the smallest test that still fails for the same reason. Fewer faults, operations,
// nodes; default settings, round times. Deterministic: it asks `fails` about one candidate after
// another, and the answers decide the next.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "checkers/history.h"
#include "harness/test_file/test_file.h"
#include "node/base/result.h"

namespace holdfast::harness {

struct ShrinkProgress {
  std::string_view pass;
  std::uint64_t runs = 0;
  std::size_t faults = 0;
  std::size_t operations = 0;  // of a script; 0 before the load is one
  std::uint16_t nodes = 0;
};

struct ShrinkOracle {
  // Whether the candidate fails for the same reason. It is valid by itself.
  std::function<bool(const TestFile&)> fails;
  // No more candidates: the budget is used up.
  std::function<bool()> over;
  std::function<void(const ShrinkProgress&)> progress;
};

// What the run to shrink left behind: the faults as they struck, and the operations.
struct ShrinkSource {
  nemesis::Schedule faults;
  const checkers::History& history;
  std::string key;  // that the finding is about; empty if about none
};

struct Shrunk {
  TestFile test;
  std::uint64_t runs = 0;
};

// REQUIRES: oracle.fails(test).
Shrunk shrink(const TestFile& test, const ShrinkSource& source, const ShrinkOracle& oracle);

// The load of a history as a script.
std::vector<workloads::ScriptedOperation> script_of(const checkers::History& history);
// The test as a file for people: only what differs from the defaults.
std::string readable(const TestFile& test);

}  // namespace holdfast::harness
