// Builds a Trace from a stream of events: pairs each completion with its invocation.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "checkers/trace/trace.h"
#include "node/base/result.h"

namespace holdfast::checkers {

enum class EventKind : std::uint8_t { invoke, ok, fail, info };

struct TraceEvent {
  EventKind type = EventKind::invoke;
  Action action = Action::read;
  std::int64_t process = 0;
  std::uint32_t key = 0;
  bool any_action = false;    // it completes whatever its process invoked
  bool is_final = false;      // as Op::is_final
  std::uint8_t phase = 0;     // as of TraceBuilder::current_phase
  Datum value;                // as the file has it: a cas' is [expected new]
  std::int64_t time_ns = -1;  // -1: the file does not say
  std::int64_t index = -1;    // the same
  NodeId node = kNoNode;
  Version version;
};

class TraceBuilder {
 public:
  explicit TraceBuilder(Axis axis) { trace_.axis = axis; }

  Data& data() { return trace_.data; }
  std::uint32_t key(std::string_view name);
  // Stands for a process that is called by a word, not by a number, in TraceEvent::process.
  std::int64_t process_named(std::string_view word);
  // A phase begins.
  void phase(std::string_view name);
  void nemesis(std::string_view f, Datum value, std::int64_t time_ns);
  std::uint8_t current_phase() const { return phase_; }
  // Fails with what is wrong with the event, in words, and leaves the trace as it was. A cas keeps
  // its value as it is in Op::input.
  Result<> add(const TraceEvent& event);
  std::size_t events() const { return events_; }
  std::size_t bytes() const;
  // REQUIRES: called once.
  Trace finish();

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;
  static constexpr std::int64_t kFirstWord = std::numeric_limits<std::int64_t>::min();

  struct Process {
    std::uint32_t id = kNone;
    std::uint32_t open = kNone;                                    // its operation in flight
    std::int64_t last = std::numeric_limits<std::int64_t>::min();  // its last event
  };
  Process& process(std::int64_t name);
  std::string name_of_process(std::int64_t name) const;
  void complete(const TraceEvent& event, Op& op, std::uint32_t position, std::int64_t point);
  void note_version(std::size_t op, const Version& version);

  Trace trace_;
  std::vector<Process> small_;  // by name, where names are small
  std::unordered_map<std::int64_t, Process> others_;
  std::vector<std::string> words_;  // by process, from kFirstWord
  std::unordered_map<std::string, std::int64_t> word_ids_;
  std::unordered_map<std::string, std::uint32_t> key_ids_;
  std::string last_key_;
  std::uint32_t last_key_id_ = kNone;
  std::size_t events_ = 0;
  std::uint8_t phase_ = 0;
  bool timed_ = true;  // so far every event had a time
};

}  // namespace holdfast::checkers
