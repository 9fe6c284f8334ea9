// The zoo: every planted bug is run, seed by seed, until a checker sees it.
//
// The switch is invisible to the checkers: they see the history, the final dumps, the injected
// faults and the public status only.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/campaign/trial.h"

namespace holdfast::harness {

struct ZooPlan {
  std::vector<std::string> bugs;  // names; "" is the correct node
  std::uint64_t seeds = 200;      // budget of each bug
  std::uint64_t first_seed = 1;
  std::size_t jobs = 1;
  // The smallest tests go there, a file for each bug; empty: none is looked for.
  std::filesystem::path folder;
};

// What a finding was shrunk to.
struct SmallestTest {
  std::uint64_t faults = 0;
  std::uint64_t operations = 0;  // on the key concerned; or all, if it is about none
  bool listed = false;           // the operations are a list, not a generator's
  std::int64_t wall_ms = 0;      // that shrinking took

  bool is_small() const { return listed && faults <= 3 && operations <= 10; }
};

struct ZooEntry {
  std::string bug;
  std::uint64_t seeds = 0;  // tried; the last one caught it, if it was caught
  std::int64_t wall_ms = 0;
  bool caught = false;
  std::string test;  // that caught it
  std::uint64_t seed = 0;
  Cause cause;
  std::optional<SmallestTest> smallest;
  std::string error;         // the harness's
  std::uint64_t budget = 0;  // seeds that it was to be tried with, at most

  // Whether it was neither caught nor tried to the end: the zoo was interrupted.
  bool is_unfinished() const { return !caught && error.empty() && seeds < budget; }
};
// What the entry shows as "caught by": "lost-writes: lost", "nothing", "not tried".
std::string caught_by(const ZooEntry& entry);

// What the number-th try of a bug runs: random tests and scenarios in turn.
std::string zoo_test(std::uint64_t number);

class Zoo {
 public:
  explicit Zoo(ZooPlan plan);

  // Calls `progress` after every try.
  std::vector<ZooEntry> run(const std::function<void(const std::vector<ZooEntry>&)>& progress);
  void interrupt() { interrupted_.store(true); }  // safe in a signal handler

 private:
  ZooPlan plan_;
  std::atomic<bool> interrupted_ = false;
};

// The table as Markdown, and as JSON.
std::string zoo_markdown(const std::vector<ZooEntry>& entries, const std::string& command);
std::string zoo_json(const std::vector<ZooEntry>& entries);
// Of a hundred bugs caught, how many have a smallest test of at most 3 faults and 10 operations on
// the key concerned.
std::uint64_t small_percent(const std::vector<ZooEntry>& entries);
// Seeds needed by the entry in the middle, of those caught.
std::uint64_t median_seeds(const std::vector<ZooEntry>& entries);

}  // namespace holdfast::harness
