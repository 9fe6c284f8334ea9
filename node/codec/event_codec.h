// Events of a node as lines of JSON: the form of event logs.
//
//   {"steady_us":5000,"wall_us":1700000000000000,"event":"hint_stored","peer":"n3",
//    "id":"<32 hex>","version":"1700000000000000.0.n1.7","sequence":12,"detail":1}
//
// Fields that are not set are left out. One line each; the writer's last one may be cut short.
#pragma once

#include <string>
#include <string_view>

#include "node/base/result.h"
#include "node/core/event.h"

namespace holdfast::node {

// Appends the event and a line's end.
void encode_line(const Event& event, std::string& to);
// `line` has no line's end.
Result<Event> decode_event(std::string_view line);

}  // namespace holdfast::node
