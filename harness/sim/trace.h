// The proof that a seed repeats: every executed event is folded into one 64-bit hash. SQLite's
// bytes stay out of it; what the nodes say to each other and to clients goes in.
#pragma once

#include <bit>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "harness/sim/event_queue.h"
#include "node/core/message.h"

namespace holdfast::harness {

class Trace {
 public:
  // A line of text for every event, for a person who looks at one run. Off unless set.
  using Sink = std::function<void(std::string_view line)>;
  void set_sink(Sink sink) { sink_ = std::move(sink); }
  bool has_sink() const { return static_cast<bool>(sink_); }

  void event(SimTime at, const SimEvent& event) {
    ++events_;
    fold(static_cast<std::uint64_t>(at));
    fold(static_cast<std::uint64_t>(event.kind) << 16 | event.node);
  }
  // A message arrives at a node or a client, or (`dropped`) does not.
  void message(SimTime at, const node::Envelope& envelope, bool dropped);
  // Anything else worth a line: a crash, a start. `text` is folded in too.
  void note(SimTime at, NodeId node, std::string_view text);

  std::uint64_t hash() const { return hash_; }
  std::uint64_t events() const { return events_; }

 private:
  void fold(std::uint64_t word) {
    hash_ = std::rotl((hash_ ^ word) * 0x9e3779b97f4a7c15ULL, 29) * 0xbf58476d1ce4e5b9ULL;
  }
  void print(SimTime at, std::string text);

  std::uint64_t hash_ = 0;
  std::uint64_t events_ = 0;
  Sink sink_;
};

// A few numbers of the message, mixed: its kind, its request, its key and version, its counts.
std::uint64_t digest(const node::Message& message);

}  // namespace holdfast::harness
