// One key's register history, prepared for search: small values, slots for what is in flight,
// classes for what never returned, and nothing that cannot matter.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "checkers/linear/keyed_ops.h"
#include "checkers/linear/timeline.h"

namespace holdfast::checkers {

struct RegisterProblem {
  static constexpr std::uint32_t kNone = 0xffffffff;

  struct Op {
    std::uint32_t item;              // position among the key's items
    std::uint32_t slot = kNone;      // of an operation that returns
    std::uint32_t cls = kNone;       // of one that never does
    std::uint32_t from = kNone;      // a cas' expected value
    std::uint32_t to = 0;            // read, written, or a cas' new value
    std::uint32_t ret_rank = kNone;  // place of its return among the events
    Action action = Action::read;

    bool is_cas() const { return action == Action::cas; }
    bool is_read() const { return action == Action::read; }
  };

  // Equal operations that never returned: any of them may take effect, once each.
  struct Class {
    std::uint32_t from;  // kNone: a plain write
    std::uint32_t to;
  };

  std::vector<Op> ops;
  std::vector<Timeline::Event> events;
  std::vector<Class> classes;
  std::vector<Datum> values;                 // by number; 0 is the initial one
  std::vector<std::uint32_t> last_need;      // by value: the last event that needs it, or 0
  std::vector<std::uint32_t> class_members;  // by class
  std::uint32_t slots = 0;
  std::uint32_t dropped = 0;  // operations of unknown outcome that nobody can have observed

  // Prunings that lose nothing:
  // - a write or cas of unknown outcome whose value nobody read or compared is dropped;
  // - one that alone can have written a value that was seen returns when the first who saw it did;
  // - others of unknown outcome are counted by class;
  // - a cas from a value to itself is a read.
  RegisterProblem(const Trace& trace, std::span<const Item> items, const Model& model);

 private:
  std::uint32_t number(Datum value);
  void grow_numbers();
  void read_items(const Trace& trace);
  void drop_unobserved();
  void give_deadlines();
  void assign_places();
  void note_needs();

  std::span<const Item> items_;
  std::vector<std::int64_t> ret_;  // by op: kNever_ns or the deadline
  std::vector<std::pair<std::uint64_t, std::uint32_t>> numbers_;  // open addressing
};

}  // namespace holdfast::checkers
