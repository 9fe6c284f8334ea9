// What happened when: operations over time, phases and faults, for a picture.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::report {

struct Timeline {
  struct Slot {
    std::uint64_t ok = 0;
    std::uint64_t fail = 0;
    std::uint64_t info = 0;
  };
  struct Phase {
    std::string name;
    std::int64_t start_ns = 0;
  };
  struct Fault {
    std::string text;  // "wipe n4", "outage n3 (kill)"
    std::int64_t start_ns = 0;
    std::int64_t end_ns = -1;  // -1: until the end
  };
  struct Sample {
    std::int64_t time_ns = 0;
    std::uint64_t hints_pending = 0;
  };

  std::int64_t slot_ns = 1;  // the length of each slot; the first begins at 0
  std::vector<Slot> slots;   // completions
  std::int64_t end_ns = 0;   // of what was recorded
  std::vector<Phase> phases;
  std::vector<Fault> faults;
  std::vector<Sample> samples;
};

// Counts completions into slots while their total time is not known yet: whenever there would be
// too many, they are joined. A slot is as long as people count time: 1, 5, 10 or 50 ms, …, 10 min,
// so that load which comes every ten minutes shows no gaps that are none.
class SlotCounter {
 public:
  enum class Outcome : std::uint8_t { ok, fail, info };
  void add(std::int64_t time_ns, Outcome outcome);
  void move_to(Timeline& timeline);

 private:
  static constexpr std::size_t kMostSlots = 240;

  void join(std::size_t count);  // each `count` slots into one

  std::size_t step_ = 0;  // of the lengths
  std::int64_t slot_ns_ = 1'000'000;
  std::vector<Timeline::Slot> slots_;
};

// Reads history.jsonl (its last line may be cut) and faults.jsonl. What is not there stays empty.
Timeline read_timeline(const std::filesystem::path& folder);

// One line of history.jsonl, looked at without parsing all of it: a history may hold gigabytes.
struct HistoryLine {
  std::int64_t time_ns = 0;
  std::string_view type;   // "invoke", "ok", "fail", "info", "phase"
  std::string_view value;  // of a phase: its name
};
// False for a line that is none of a history's.
bool scan_history_line(std::string_view line, HistoryLine& scanned);

}  // namespace holdfast::report
