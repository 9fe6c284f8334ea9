// A history from anywhere: the operations of a trace, with no knowledge of who recorded it.
//
// checkers/history.h is Holdfast's own record, with versions, copies and nodes. A Trace is the
// common denominator that every public format fills (checkers/formats) and that every checker of a
// sequential specification reads (checkers/linear, checkers/models).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checkers/checker.h"
#include "checkers/history.h"
#include "checkers/trace/datum.h"
#include "checkers/trace/grouped.h"
#include "node/base/version.h"

namespace holdfast::checkers {

// What an operation asked for. The name in files is name_of().
enum class Action : std::uint8_t {
  read,       // output: the value, or the elements of a whole set
  write,      // input
  del,        // a write of its input: nil, or an atom that tells this delete from the others
  cas,        // input: the value expected; output: the new one
  append,     // input: a string added to the end of the value
  add,        // input: an element of a set, or an amount of a counter
  broadcast,  // input: an element of a set that reads may show later (Maelstrom)
  remove,     // input: an element
  enqueue,    // input
  dequeue,    // output: the value, or nil if the queue was empty
  drain,      // output: a list of what was dequeued
  acquire,
  release,
  generate,  // output: an id
  txn        // input and output: a list of [f key value]
};
std::string_view name_of(Action action);
std::optional<Action> parse_action(std::string_view name);
inline constexpr int kActions = 15;

// One operation, from its invocation to its completion: 64 bytes, for histories hold millions.
//
// call and ret are points on the trace's one axis. Operation a precedes b iff a.ret < b.call: ties
// are concurrent. ret is kNever_ns where the outcome is `info`, however long the client waited.
struct Op {
  std::int64_t call = 0;
  std::int64_t ret = kNever_ns;
  Datum input;
  Datum output;
  std::uint32_t process = 0;
  std::uint32_t key = 0;
  std::uint32_t event = 0;  // of the invocation, counted from 0 in the file
  Action action = Action::read;
  Outcome outcome = Outcome::info;
  std::uint8_t phase = 0;
  NodeId node = kNoNode;
  bool is_final = false;  // a read behind all else: only such ones must show everything
};

// What happened beside the clients' operations: a fault began, or ended.
struct NemesisEvent {
  std::int64_t point = 0;     // on the axis; if it counts events, that of the next one of a client
  std::int64_t time_ns = -1;  // -1: the file does not say
  std::string f;
  Datum value;
};

// What the axis of call and ret counts.
enum class Axis : std::uint8_t {
  time_ns,  // nanoseconds of one clock
  event     // places in the file; event_ns has their times, if the file told them
};

struct Trace {
  std::vector<Op> ops;  // in the order of their invocations in the file
  Data data;
  std::vector<std::string> keys;       // "" is the one key of a history without keys
  std::vector<std::string> processes;  // names by Op::process
  std::vector<std::string> phases;
  std::vector<NemesisEvent> nemesis;  // in the order of the file
  Axis axis = Axis::event;
  // By event, if axis is `event` and the file has times; else empty.
  std::vector<std::int64_t> event_ns;
  // The clock's unit is not known: its points are shown as they are.
  bool ticks = false;
  // By op, if the file has versions: given to the write, or of what was read; else empty.
  std::vector<Version> versions;
  // A read of nil found nothing; else it saw nothing, and says nothing of the state.
  bool nil_is_value = true;
  bool has_final_reads = false;  // by Op::is_final: what others return may be late (Maelstrom)

  bool has_times() const { return axis == Axis::time_ns || !event_ns.empty(); }
  // A point of the axis in nanoseconds. REQUIRES: has_times(), point != kNever_ns.
  std::int64_t ns(std::int64_t point) const {
    return axis == Axis::time_ns ? point : event_ns[static_cast<std::size_t>(point)];
  }
};

// A length of time in a unit that people read: "250 ns", "12.345 ms", "1.500000 s".
std::string length_text(std::int64_t length_ns);
// A point of the axis for a person: time since the first call, or the place in the file.
std::string point_text(const Trace& trace, std::int64_t point);

// "write 3 by process 1 [12.345 ms, 15 ms]": how evidence names an operation.
std::string describe(const Trace& trace, const Op& op);

// The positions in trace.ops of each key's operations, in their order.
Grouped<std::uint32_t> ops_by_key(const Trace& trace);

}  // namespace holdfast::checkers
