// Turns the fields of events into the operations of a trace, for every reader of events.
#pragma once

#include <cstdint>
#include <string>

#include "checkers/formats/event_fields.h"
#include "checkers/trace/builder.h"
#include "node/base/result.h"

namespace holdfast::checkers {

// What a record turned out to be.
enum class Parsed : std::uint8_t {
  event,
  nothing  // a phase, a nemesis' event, a line of something else
};

class EventIntake {
 public:
  // `versions`: keep them.
  EventIntake(TraceBuilder& builder, bool versions) : builder_(builder), versions_(versions) {}

  // Fails with what was expected. Values keep the file's shape: what they mean is known only at the
  // end of the file (shape.h).
  Result<Parsed> take(const EventFields& fields, TraceEvent& event);
  Data& data() { return builder_.data(); }

  // Whether some event had a field of its own for its key: then no value is [key value].
  bool has_keys() const { return has_keys_; }
  // Whether the events tell which write they saw, or of which key they are: then a read of nil
  // found nothing; elsewhere it saw nothing (Knossos' rule).
  bool nil_is_value() const { return has_keys_ || has_ids_; }

 private:
  Result<> set_action(const EventFields& fields, TraceEvent& event) const;
  Result<> set_version(const EventFields& fields, TraceEvent& event);

  TraceBuilder& builder_;
  const bool versions_;
  bool has_keys_ = false;
  bool has_ids_ = false;
};

}  // namespace holdfast::checkers
