#include "checkers/trace/builder.h"

#include <string>
#include <utility>

namespace holdfast::checkers {

std::uint32_t TraceBuilder::key(std::string_view name) {
  if (last_key_id_ != kNone && name == last_key_) return last_key_id_;
  last_key_.assign(name);
  const auto [at, is_new] =
      key_ids_.try_emplace(last_key_, static_cast<std::uint32_t>(trace_.keys.size()));
  if (is_new) trace_.keys.push_back(last_key_);
  last_key_id_ = at->second;
  return last_key_id_;
}

std::int64_t TraceBuilder::process_named(std::string_view word) {
  const auto [at, is_new] = word_ids_.try_emplace(
      std::string(word), kFirstWord + static_cast<std::int64_t>(words_.size()));
  if (is_new) words_.emplace_back(word);
  return at->second;
}

void TraceBuilder::phase(std::string_view name) {
  for (std::size_t i = 0; i < trace_.phases.size(); ++i) {
    if (trace_.phases[i] == name) {
      phase_ = static_cast<std::uint8_t>(i);
      return;
    }
  }
  if (trace_.phases.size() >= 255) return;
  trace_.phases.emplace_back(name);
  phase_ = static_cast<std::uint8_t>(trace_.phases.size() - 1);
}

void TraceBuilder::nemesis(std::string_view f, Datum value, std::int64_t time_ns) {
  const std::int64_t place = static_cast<std::int64_t>(events_);
  const bool timed = trace_.axis == Axis::time_ns;
  trace_.nemesis.push_back({timed ? time_ns : place, time_ns, std::string(f), value});
}

std::string TraceBuilder::name_of_process(std::int64_t name) const {
  const auto word = static_cast<std::uint64_t>(name) - static_cast<std::uint64_t>(kFirstWord);
  return word < words_.size() ? words_[word] : std::to_string(name);
}

TraceBuilder::Process& TraceBuilder::process(std::int64_t name) {
  constexpr std::int64_t kSmall = 1 << 16;
  Process* found = nullptr;
  if (name >= 0 && name < kSmall) {
    if (static_cast<std::size_t>(name) >= small_.size()) small_.resize(name + 1);
    found = &small_[static_cast<std::size_t>(name)];
  } else {
    found = &others_[name];
  }
  if (found->id == kNone) {
    found->id = static_cast<std::uint32_t>(trace_.processes.size());
    trace_.processes.push_back(name_of_process(name));
  }
  return *found;
}

void TraceBuilder::note_version(std::size_t op, const Version& version) {
  if (!version.is_set()) return;
  if (trace_.versions.size() <= op) {
    // Reserving beside ops keeps the two growing together.
    trace_.versions.reserve(trace_.ops.capacity());
    trace_.versions.resize(trace_.ops.size());
  }
  trace_.versions[op] = version;
}

Result<> TraceBuilder::add(const TraceEvent& event) {
  if (trace_.axis == Axis::time_ns && event.time_ns < 0)
    return fail("expected a time, in whole nanoseconds");
  if (events_ >= 0xfffffff0U) return fail("more than 4,294,967,280 events");
  Process& process = this->process(event.process);
  const std::int64_t point =
      trace_.axis == Axis::time_ns ? event.time_ns : static_cast<std::int64_t>(events_);
  if (event.type == EventKind::invoke) {
    if (process.open != kNone) {
      return fail("process " + name_of_process(event.process) +
                  " invokes while its last operation is still open");
    }
    if (point < process.last) {
      return fail("process " + name_of_process(event.process) +
                  " invokes before its last operation returned");
    }
    Op op;
    op.call = point;
    op.process = process.id;
    op.key = event.key;
    op.event = static_cast<std::uint32_t>(events_);
    op.action = event.action;
    op.phase = event.phase;
    op.node = event.node;
    op.is_final = event.is_final;
    trace_.has_final_reads |= event.is_final;
    op.input = event.value;
    process.open = static_cast<std::uint32_t>(trace_.ops.size());
    trace_.ops.push_back(op);
    note_version(trace_.ops.size() - 1, event.version);
  } else {
    if (process.open == kNone) {
      return fail("process " + name_of_process(event.process) +
                  " completes an operation that it never invoked");
    }
    Op& op = trace_.ops[process.open];
    // What completes a transaction may be called by what the transaction does.
    const bool part = op.action == Action::txn &&
                      (event.action == Action::read || event.action == Action::write ||
                       event.action == Action::append);
    if (op.action != event.action && !event.any_action && !part) {
      return fail("process " + name_of_process(event.process) + " completes a " +
                  std::string(name_of(event.action)) + " but had invoked a " +
                  std::string(name_of(op.action)));
    }
    if (point < op.call) return fail("a completion before its invocation");
    complete(event, op, process.open, point);
    process.open = kNone;
  }
  process.last = point;
  if (trace_.axis == Axis::event) {
    timed_ = timed_ && event.time_ns >= 0;
    if (timed_) trace_.event_ns.push_back(event.time_ns);
  }
  ++events_;
  return {};
}

void TraceBuilder::complete(const TraceEvent& event, Op& op, std::uint32_t position,
                            std::int64_t point) {
  switch (event.type) {
    case EventKind::ok:
      op.outcome = Outcome::ok;
      op.ret = point;
      break;
    case EventKind::fail:
      op.outcome = Outcome::fail;
      op.ret = point;
      break;
    default:
      op.outcome = Outcome::info;
  }
  if (event.node != kNoNode && op.node == kNoNode) op.node = event.node;
  if (event.type == EventKind::ok) {
    switch (op.action) {
      case Action::read:
      case Action::dequeue:
      case Action::drain:
      case Action::generate:
      case Action::txn:
        op.output = event.value;
        break;
      default:
        break;
    }
  }
  note_version(position, event.version);
}

std::size_t TraceBuilder::bytes() const {
  return trace_.ops.capacity() * sizeof(Op) + trace_.versions.capacity() * sizeof(Version) +
         trace_.event_ns.capacity() * sizeof(std::int64_t) + trace_.data.bytes() +
         trace_.keys.size() * 128 + others_.size() * 48 + trace_.processes.size() * 40;
}

Trace TraceBuilder::finish() {
  if (trace_.keys.empty()) trace_.keys.emplace_back();
  if (trace_.phases.empty()) trace_.phases.emplace_back();
  if (!timed_) trace_.event_ns.clear();
  if (!trace_.versions.empty()) trace_.versions.resize(trace_.ops.size());
  return std::move(trace_);
}

}  // namespace holdfast::checkers
