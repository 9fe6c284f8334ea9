// Sequential specifications: what an object would answer if operations came one at a time.
//
// The models with algorithms of their own (register, set) are known to the checkers; all others
// are SequentialModels: a state and a step. One's own model is one class.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checkers/trace/trace.h"

namespace holdfast::checkers {

enum class ModelKind : std::uint8_t {
  reg,             // reads, writes, deletes, compare-and-set: register and cas-register
  counter,         // add, read
  set,             // add, remove, read of all elements
  fifo_queue,      // enqueue, dequeue
  mutex,           // acquire, release
  append,          // write, append, read of a string
  list_append,     // append, read of a list; transactions of both on one list
  multi_register,  // transactions of reads and writes
  own              // a SequentialModel of the caller's
};

// A state of a SequentialModel: whatever words it likes; equal states have equal words.
using ModelState = std::vector<std::uint64_t>;

class SequentialModel {
 public:
  virtual ~SequentialModel() = default;
  virtual ModelState initial() const = 0;
  // Applies `op` to `state` in place. False if the operation cannot happen there or could not have
  // had its output. An operation whose outcome is unknown has no output: it always can happen.
  virtual bool step(ModelState& state, const Op& op) const = 0;
  // The state in words.
  virtual std::string text(const ModelState& state) const = 0;
  // What an `info` operation inserts, if removing the operation from a history in which nobody ever
  // saw the value can never turn that history invalid.
  virtual std::optional<Datum> inserts(const Op&) const { return std::nullopt; }
  // Every value that the operation's output proves to have been there.
  virtual std::vector<Datum> sees(const Op&) const { return {}; }
};

struct Model {
  ModelKind kind = ModelKind::reg;
  Datum initial;                      // of a register, nil unless told
  bool nil_read_matches_any = false;  // Knossos' rule: a read of nil saw nothing
  const SequentialModel* own = nullptr;
};

struct ModelEntry {
  std::string_view name;
  ModelKind kind;
  std::string_view help;
};
// All by name; "register" and "cas-register" are one.
std::span<const ModelEntry> all_models();
std::optional<ModelKind> parse_model(std::string_view name);
std::string_view name_of(ModelKind kind);

// The SequentialModel of `kind`, for the general search. `trace` must outlive it.
std::unique_ptr<SequentialModel> make_sequential(const Model& model, const Trace& trace);

// The model that a trace's actions suggest; nothing if they fit none.
std::optional<ModelKind> guess_model(const Trace& trace);
// Why a model that was only guessed fits the trace badly, in words; empty if it fits.
std::string misfit(const Trace& trace, const Model& model);
// Whether `kind` has a meaning for `action`.
bool knows(ModelKind kind, Action action);

}  // namespace holdfast::checkers
